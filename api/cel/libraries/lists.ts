/** Kubernetes' library of lists, and ext.Sets. */
import { add } from '../arithmetic.ts';
import { compare, equal, memberOf } from '../equality.ts';
import { elementCost } from '../element-cost.ts';
import { namespaced, type Overload, overload, type Pricing } from '../overloads.ts';
import { CelError, type CelValue, Duration, type List, Uint } from '../values.ts';

const ordered = ['int', 'uint', 'double', 'bool', 'string', 'bytes', 'timestamp', 'duration'];

function isSorted(list: List): boolean {
  let last: CelValue | undefined;
  for (const each of list) {
    if (last !== undefined && (compare(last, each) ?? 1) > 0) return false;
    last = each;
  }
  return true;
}

function extreme(list: List, sign: 1 | -1): CelValue {
  let best: CelValue | undefined;
  for (const each of list)
    if (best === undefined || (compare(each, best) ?? 0) * sign > 0) best = each;
  if (best !== undefined) return best;
  throw new CelError(`${sign > 0 ? 'max' : 'min'} called on empty list`);
}

function sumOf(zero: CelValue): (list: List) => CelValue {
  return (list) => {
    let total: CelValue | undefined;
    for (const each of list) total = total === undefined ? each : add(total, each);
    return total ?? zero;
  };
}

function indexOf(list: List, value: CelValue): bigint {
  for (let i = 0; i < list.size; i++) if (equal(list.at(i), value)) return BigInt(i);
  return -1n;
}

function lastIndexOf(list: List, value: CelValue): bigint {
  for (let i = list.size - 1; i >= 0; i--) if (equal(list.at(i), value)) return BigInt(i);
  return -1n;
}

/** Texts are compared by their characters, everything else at once. */
const perElement: Pricing = {
  price: ([list]) => elementCost(list!),
  estimate: ([list]) => {
    const { max, element } = list!;
    const isText = element?.kind === 'string' || element?.kind === 'bytes';
    const each = 1 + (isText ? Math.ceil((element.maxSize ?? 0) * 0.1) : 0);
    return max === 0 ? 0 : max * each;
  },
};

const sums: readonly (readonly [string, CelValue])[] = [
  ['int', 0n],
  ['uint', new Uint(0n)],
  ['double', 0],
  ['duration', new Duration(0n)],
];

export const listLibrary: readonly Overload[] = [
  ...ordered.flatMap((type) => [
    overload(`list(${type}).isSorted(): bool`, isSorted, perElement),
    overload(`list(${type}).min(): ${type}`, (list: List) => extreme(list, -1), perElement),
    overload(`list(${type}).max(): ${type}`, (list: List) => extreme(list, 1), perElement),
  ]),
  ...sums.map(([type, zero]) => overload(`list(${type}).sum(): ${type}`, sumOf(zero), perElement)),
  overload('list(T).indexOf(T): int', indexOf, perElement),
  overload('list(T).lastIndexOf(T): int', lastIndexOf, perElement),
];

const everyIn = (part: List, list: List): boolean => {
  for (const each of part) if (!memberOf(each, list)) return false;
  return true;
};

function intersects(a: List, b: List): boolean {
  for (const each of a) if (memberOf(each, b)) return true;
  return false;
}

/** Equal are sets that contain each other: twice the work. */
const priced = (each: Overload): Overload => ({
  ...each,
  cost: ([a = 0, b = 0]) =>
    1 + (a === 0 || b === 0 ? 0 : a * b * (each.name === 'sets.equivalent' ? 2 : 1)),
});

export const setLibrary: readonly Overload[] = [
  namespaced('sets', 'contains(list(T), list(T)): bool', (a: List, b: List) => everyIn(b, a)),
  namespaced(
    'sets',
    'equivalent(list(T), list(T)): bool',
    (a: List, b: List) => everyIn(a, b) && everyIn(b, a),
  ),
  namespaced('sets', 'intersects(list(T), list(T)): bool', intersects),
].map(priced);
