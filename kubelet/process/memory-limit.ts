import { wholeValue } from '../../api/quantity.ts';
import type { ContainerRequest } from '../runtime.ts';

/** Bytes, as the pod has it now; undefined: none. */
export function memoryLimit({ pod, latest, container }: ContainerRequest): number | undefined {
  const { name } = container;
  const { containers, initContainers = [] } = (latest?.() ?? pod).spec;
  const found = [...containers, ...initContainers].find((each) => each.name === name);
  const limit = found?.resources?.limits?.['memory'];
  return limit === undefined ? undefined : wholeValue(limit);
}
