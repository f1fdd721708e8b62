import { duplicate, type FieldError, tooMany } from '../../../../api/field-errors.ts';

/** A list of at most so many, whose items are told apart by a key if they have one. */
export function validateList<T>(
  items: readonly T[] | undefined,
  field: string,
  of: {
    readonly most: number;
    readonly key?: (item: T) => string;
    /** The field that the key is in. Default: the item is its own key. */
    readonly keyField?: string;
    readonly item: (item: T, field: string) => readonly FieldError[];
  },
): FieldError[] {
  const given = items ?? [];
  const errors = given.flatMap((item, i) => of.item(item, `${field}[${i}]`));
  if (given.length > of.most) errors.push(tooMany(field, given.length, of.most));
  if (of.key === undefined) return errors;
  const seen = new Set<string>();
  for (const [i, item] of given.entries()) {
    const key = of.key(item);
    const at = `${field}[${i}]${of.keyField === undefined ? '' : `.${of.keyField}`}`;
    if (seen.has(key)) errors.push(duplicate(at, key));
    seen.add(key);
  }
  return errors;
}
