/**
 * What servers behind APIServices say in OpenAPI v2, merged into our own document as
 * kube-aggregator does: of each its group version's paths and what these refer to.
 */
import { deepEqual, isObject } from '../../api/deep.ts';
import { encodeSwagger } from './gnostic.ts';
import { fingerprint } from './hash.ts';

type Json = Readonly<Record<string, unknown>>;

export interface RemoteSwagger {
  /** Another one for another document. */
  readonly identity: string;
  readonly paths: Json;
  readonly definitions: Json;
}

const REFERENCE = '#/definitions/';
/** What is deeper could not be encoded. */
const MAX_DEPTH = 200;

/** Undefined for what is no OpenAPI v2, or could not be passed on in all its encodings. */
export function remoteSwagger(
  text: string,
  { group, version }: { readonly group: string; readonly version: string },
): RemoteSwagger | undefined {
  try {
    const document: unknown = JSON.parse(text);
    if (!isObject(document) || document['swagger'] !== '2.0') return undefined;
    const root = `/apis/${group}/${version}`;
    const paths = picked(document['paths'], (path) => path === root || path.startsWith(`${root}/`));
    const needed = referredTo(paths, document['definitions']);
    const definitions = picked(document['definitions'], (name) => needed.has(name));
    encodeSwagger({ swagger: '2.0', paths, definitions });
    return { identity: fingerprint(text), paths, definitions };
  } catch {
    return undefined;
  }
}

function picked(value: unknown, wanted: (name: string) => boolean): Json {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.filter(([name, item]) => wanted(name) && isObject(item)));
}

/** Names of definitions, those that definitions refer to included. Throws for what is too deep. */
function referredTo(paths: Json, definitions: unknown): ReadonlySet<string> {
  const known = isObject(definitions) ? definitions : {};
  const found = new Set<string>();
  const left: { readonly value: unknown; readonly depth: number }[] = [{ value: paths, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) throw new RangeError('nested too deep');
    const name = nameIn((value as Json)['$ref']);
    if (name !== undefined && !found.has(name)) {
      found.add(name);
      left.push({ value: known[name], depth: 0 });
    }
    for (const inner of Object.values(value)) left.push({ value: inner, depth: depth + 1 });
  }
  return found;
}

function nameIn(reference: unknown): string | undefined {
  if (typeof reference !== 'string' || !reference.startsWith(REFERENCE)) return undefined;
  return reference.slice(REFERENCE.length);
}

/**
 * Ours wins where both have a path. A definition that is another under a name that is taken gets
 * the first that is free of name_v2, name_v3, ….
 */
export function withRemoteSwagger(own: Json, remote: readonly RemoteSwagger[]): Json {
  if (remote.length === 0) return own;
  const paths: Record<string, unknown> = { ...(own['paths'] as Json) };
  const definitions: Record<string, unknown> = { ...(own['definitions'] as Json) };
  for (const theirs of remote) {
    const names = new Map<string, string>();
    for (const [name, definition] of Object.entries(theirs.definitions)) {
      const isFree = (candidate: string): boolean =>
        definitions[candidate] === undefined || deepEqual(definitions[candidate], definition);
      names.set(name, freeName(name, isFree));
    }
    const renamed = (value: unknown): unknown => withNames(value, names);
    for (const [name, definition] of Object.entries(theirs.definitions))
      definitions[names.get(name)!] ??= renamed(definition);
    for (const [path, item] of Object.entries(theirs.paths)) paths[path] ??= renamed(item);
  }
  return { ...own, paths, definitions };
}

/** The first of name, name_v2, name_v3, … that is. */
export function freeName(name: string, isFree: (candidate: string) => boolean): string {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}_v${i}`;
    if (isFree(candidate)) return candidate;
  }
}

/** With references to definitions that have other names now. */
export function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withNames(item, names));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const name = key === '$ref' ? names.get(nameIn(item) ?? '') : undefined;
    return [key, name === undefined ? withNames(item, names) : REFERENCE + name];
  });
  return Object.fromEntries(entries);
}
