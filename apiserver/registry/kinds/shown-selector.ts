import type { LabelSelector } from '../../../api/types/meta-v1.ts';

/** As Go prints one in a message: its fields in their order, keys of the labels sorted. */
export function shownSelector(selector: LabelSelector): object {
  const { matchLabels, matchExpressions = [] } = selector;
  return {
    ...(matchLabels === undefined
      ? {}
      : { matchLabels: Object.fromEntries(Object.entries(matchLabels).sort(byKey)) }),
    ...(matchExpressions.length === 0
      ? {}
      : {
          matchExpressions: matchExpressions.map(({ key, operator, values }) => ({
            key: key ?? '',
            operator: operator ?? '',
            ...(values === undefined ? {} : { values }),
          })),
        }),
  };
}

const byKey = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : 1;
