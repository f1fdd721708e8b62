import { bytesOf } from './text.ts';
import { type CelValue, isList, isMap } from './values.ts';

/** What walking through a value costs in the functions of Kubernetes' list library. */
export function elementCost(value: CelValue): number {
  if (typeof value === 'string') return Math.floor(bytesOf(value).length * 0.1);
  if (value instanceof Uint8Array) return Math.floor(value.length * 0.1);
  if (isList(value)) {
    let cost = 0;
    for (const each of value) cost += elementCost(each);
    return cost;
  }
  if (isMap(value)) {
    let cost = 0;
    for (const key of value.keys()) cost += elementCost(key) + elementCost(value.get(key)!);
    return cost;
  }
  return 1;
}
