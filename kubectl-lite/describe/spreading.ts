import type { TopologySpreadConstraint } from '../../api/types/core-v1.ts';
import { selectorText } from './selector-text.ts';
import type { DescriptionWriter } from './writer.ts';

export function describeSpreading(
  writer: DescriptionWriter,
  level: number,
  constraints: readonly TopologySpreadConstraint[] | undefined,
): void {
  if (constraints === undefined || constraints.length === 0) return;
  const sorted = [...constraints].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1));
  const texts = sorted.map(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }) => {
    const selector = labelSelector && (selectorText(labelSelector) || '<none>');
    const which = selector === undefined ? '' : ` for selector ${selector}`;
    return `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${which}`;
  });
  writer.list(level, 'Topology Spread Constraints', texts);
}
