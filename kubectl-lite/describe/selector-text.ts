import type { LabelSelector } from '../../api/types/meta-v1.ts';

/** "a=1,b in (x,y)": a selector as kubectl prints it, by key. */
export function selectorText(selector: LabelSelector | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(
    ([key, value]): readonly [string, string] => [key, `${key}=${value}`],
  );
  const expressions = (selector?.matchExpressions ?? []).map(
    ({ key, operator, values = [] }): readonly [string, string] => {
      if (operator === 'Exists') return [key, key];
      if (operator === 'DoesNotExist') return [key, `!${key}`];
      const how = operator === 'In' ? 'in' : 'notin';
      return [key, `${key} ${how} (${[...values].sort().join(',')})`];
    },
  );
  return [...labels, ...expressions]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(',');
}
