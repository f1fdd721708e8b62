/** Names of properties as names in CEL (kubernetes.io, "Escaping"). */

const symbols: Readonly<Record<string, string>> = { '.': 'dot', '-': 'dash', '/': 'slash' };

const RESERVED = new Set(
  (
    'true false null in as break const continue else for function if import let loop package ' +
    'namespace return var void while'
  ).split(' '),
);

export const isReserved = (name: string): boolean => RESERVED.has(name);

/** Undefined where a property cannot be named. */
export function escapeIdentifier(property: string): string | undefined {
  if (RESERVED.has(property)) return `__${property}__`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(property) && !property.includes('__')) return property;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(property)) return undefined;
  const escaped = property.replace(/__|[./-]/g, (found) =>
    found === '__' ? '__underscores__' : `__${symbols[found]!}__`,
  );
  return /^[0-9]/.test(escaped) ? undefined : escaped;
}

/** The property that an escaped name stands for; undefined if it stands for none. */
export function unescapeIdentifier(name: string): string | undefined {
  let known = true;
  const property = name.replace(/__([^_]+)__/g, (whole: string, inner: string) => {
    if (inner === 'underscores') return '__';
    const symbol = Object.keys(symbols).find((each) => symbols[each] === inner);
    if (symbol !== undefined) return symbol;
    known &&= RESERVED.has(inner) && whole === name;
    return inner;
  });
  return known ? property : undefined;
}
