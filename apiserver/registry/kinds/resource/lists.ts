import { duplicate, type FieldError, tooMany } from '../../../../api/field-errors.ts';

/** A list of at most so many, whose items are told apart by a key if they have one. */
export function validateList<T>(
  items: readonly T[] | undefined,
  field: string,
  of: {
    readonly most: number;
    readonly key?: (item: T) => string;
    readonly item: (item: T, field: string) => readonly FieldError[];
  },
): FieldError[] {
  const given = items ?? [];
  const seen = new Set<string>();
  const errors = given.flatMap((item, i) => {
    const at = `${field}[${i}]`;
    const own = [...of.item(item, at)];
    const key = of.key?.(item);
    if (key === undefined) return own;
    if (seen.has(key)) own.push(duplicate(at, key));
    seen.add(key);
    return own;
  });
  return given.length > of.most ? [tooMany(field, given.length, of.most), ...errors] : errors;
}
