/** Optional values: what .?field and [?key] answer. */
import { namespaced, type Overload, overload } from './overloads.ts';
import { CelError, type CelValue, isList, isMap, Optional, Uint } from './values.ts';

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  return (isList(value) || isMap(value)) && value.size === 0;
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
  overload('optional(T).orValue(T): T', (a: Optional, b: CelValue) => a.value ?? b),
];
