/**
 * The `behavior` of a v1 object's annotation. Kubernetes writes its internal type there, whose
 * fields have no JSON names: they are capitalized.
 */
type Json = Record<string, unknown>;

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Json).filter(([, field]) => field !== null);
  return Object.fromEntries(entries.map(([name, field]) => [rename(name), renamed(field, rename)]));
}

export function capitalized(behavior: object): unknown {
  return renamed(behavior, (name) => name.charAt(0).toUpperCase() + name.slice(1));
}

/** Undefined unless it says something. */
export function uncapitalized(value: unknown): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const behavior = renamed(value, (name) => name.charAt(0).toLowerCase() + name.slice(1)) as Json;
  return Object.keys(behavior).length === 0 ? undefined : behavior;
}
