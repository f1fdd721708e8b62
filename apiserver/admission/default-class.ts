import type { KubernetesObject } from '../../api/meta.ts';

/** Of several the newest; of those of one second the first by name. */
export function defaultClass<T extends KubernetesObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined {
  const isDefault = ({ metadata }: T): boolean =>
    annotations.some((annotation) => metadata.annotations?.[annotation] === 'true');
  return classes.filter(isDefault).reduce<T | undefined>((best, each) => {
    if (best === undefined) return each;
    const { creationTimestamp: a = '', name: nameA = '' } = each.metadata;
    const { creationTimestamp: b = '', name: nameB = '' } = best.metadata;
    return a > b || (a === b && nameA < nameB) ? each : best;
  }, undefined);
}
