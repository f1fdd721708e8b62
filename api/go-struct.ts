/**
 * Where a field error shows a whole struct, kube-apiserver prints one of its internal types, which
 * carry no JSON names: every field by its Go name, in the order of its declaration, set or not.
 */

/** By the JSON names, what an absent field is printed as; a shape is a pointer to a struct. */
export interface GoShape {
  readonly [field: string]: null | '' | 0 | GoShape;
}

type Fields = Readonly<Record<string, unknown>>;

export function goStruct(value: object | undefined, shape: GoShape): unknown {
  if (value === undefined) return null;
  const fields = value as Fields;
  return Object.fromEntries(
    Object.entries(shape).map(([name, absent]) => [goName(name), printed(fields[name], absent)]),
  );
}

function printed(value: unknown, absent: GoShape[string]): unknown {
  if (absent !== null && typeof absent === 'object') {
    return goStruct(value as object | undefined, absent);
  }
  return value ?? absent;
}

const abbreviations = new Map([['seLinuxOptions', 'SELinuxOptions']]);

const goName = (name: string): string =>
  abbreviations.get(name) ?? name.slice(0, 1).toUpperCase() + name.slice(1);
