/** Optional values: what .?field and [?key] answer. */
import { namespaced, type Overload, overload } from '../overloads.ts';
import {
  ArrayList,
  CelError,
  type CelValue,
  isList,
  isMap,
  type List,
  Optional,
  Uint,
} from '../values.ts';

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  return (isList(value) || isMap(value)) && value.size === 0;
}

function unwrapped(list: List): ArrayList {
  const values: CelValue[] = [];
  for (const each of list)
    if (each instanceof Optional && each.value !== undefined) values.push(each.value);
  return new ArrayList(values);
}

export const optionals: readonly Overload[] = [
  namespaced('optional', 'of(T): optional(T)', (value: CelValue) => Optional.of(value)),
  namespaced('optional', 'ofNonZeroValue(T): optional(T)', (value: CelValue) =>
    isZero(value) ? Optional.none : Optional.of(value),
  ),
  namespaced('optional', 'none(): optional(T)', () => Optional.none),
  overload('optional(T).hasValue(): bool', ({ value }: Optional) => value !== undefined),
  overload('optional(T).value(): T', ({ value }: Optional) => {
    if (value === undefined) throw new CelError('optional.none() dereference');
    return value;
  }),
  overload('optional(T).or(optional(T)): optional(T)', (a: Optional, b: Optional) =>
    a.value === undefined ? b : a,
  ),
  overload('list(T).first(): optional(T)', (list: List) =>
    list.size === 0 ? Optional.none : Optional.of(list.at(0)),
  ),
  overload('list(T).last(): optional(T)', (list: List) =>
    list.size === 0 ? Optional.none : Optional.of(list.at(list.size - 1)),
  ),
  namespaced('optional', 'unwrap(list(optional(T))): list(T)', unwrapped),
  overload('list(optional(T)).unwrapOpt(): list(T)', unwrapped),
  overload('optional(T).orValue(T): T', (a: Optional, b: CelValue) => a.value ?? b),
];
