/**
 * Wrong manifests by the dozen: each field of a valid one removed, emptied, made too long or
 * negative, given a value or a type that it does not have, twice in its list.
 */
import { isObject } from '../../api/deep.ts';

export interface Mutation {
  /** "spec.ports[0].name = """ */
  readonly title: string;
  readonly manifest: unknown;
}

type Path = readonly (string | number)[];

const LONG = 300;
/** The last integer of 32 bits and the next, one of more digits than a double has, one past 64 bits. */
const HUGE = [2 ** 31 - 1, 2 ** 31, 2 ** 62, 1e30];

/** What a value is replaced with. */
function replacements(value: unknown): readonly unknown[] {
  switch (typeof value) {
    case 'string':
      return ['', 'X_y!', '-1', 'x'.repeat(LONG), 7];
    case 'number':
      return [0, -1, ...HUGE, 1.5, 'seven'];
    case 'boolean':
      return [!value, 'yes'];
    default:
      return Array.isArray(value) ? listReplacements(value) : mapReplacements(value as object);
  }
}

function listReplacements(list: readonly unknown[]): readonly unknown[] {
  const [first] = list;
  if (first === undefined) return ['list'];
  return [[], [...list, first], [...list, isObject(first) ? {} : ''], 'list'];
}

function mapReplacements(map: object): readonly unknown[] {
  return [{}, { ...map, 'X y/!': Object.values(map)[0] as unknown }, 'map'];
}

/** Without `value`: the field is removed. */
function withAt(
  object: unknown,
  [key, ...rest]: Path,
  value: { is: unknown } | undefined,
): unknown {
  if (key === undefined) return value!.is;
  if (Array.isArray(object)) {
    const list = [...(object as unknown[])];
    if (rest.length === 0 && value === undefined) list.splice(key as number, 1);
    else list[key as number] = withAt(list[key as number], rest, value);
    return list;
  }
  const copy = { ...(object as Record<string, unknown>) };
  if (rest.length === 0 && value === undefined) delete copy[key];
  else copy[key] = withAt(copy[key], rest, value);
  return copy;
}

function* pathsOf(value: unknown, path: Path = []): Generator<readonly [Path, unknown]> {
  if (path.length > 0) yield [path, value];
  if (Array.isArray(value)) {
    for (const [i, each] of value.entries()) yield* pathsOf(each, [...path, i]);
  } else if (isObject(value)) {
    for (const [key, each] of Object.entries(value)) yield* pathsOf(each, [...path, key]);
  }
}

const identity = new Set(['apiVersion', 'kind']);

/** In the order of the manifest's fields. */
export function* mutationsOf(manifest: object): Generator<Mutation> {
  for (const [path, value] of pathsOf(manifest)) {
    if (identity.has(path[0] as string)) continue;
    const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    const field = place.slice(1);
    yield { title: `${field} missing`, manifest: withAt(manifest, path, undefined) };
    for (const is of replacements(value)) {
      const text = JSON.stringify(is).slice(0, 40);
      yield { title: `${field} = ${text}`, manifest: withAt(manifest, path, { is }) };
    }
  }
}

/**
 * Where ours answers otherwise, by kind and title of the mutation: docs/COMPATIBILITY.md says why.
 */
const known: readonly (readonly [kind: RegExp, title: RegExp])[] = [
  [/^FlowSchema$/, /^spec missing/],
  // An empty list or text of bytes is as good as none, or not.
  [/./, /caBundle = ""/],
  [/^HorizontalPodAutoscaler$/, /policies( = \[\]|\[0\] missing)/],
  // A name is made up.
  [/^LimitRange$/, /^metadata(\.name)?( missing| = (\{\}|""))/],
  [/^Node$/, /^spec\.podCIDRs = /],
  // A class without a name is looked for.
  [/^Pod$/, /^spec\.runtimeClassName/],
  // Names of volumes are compared with templates that are given twice.
  [/^StatefulSet$/, /^spec\.volumeClaimTemplates = /],
  // Expressions are judged though a variable has none.
  [/^ValidatingAdmissionPolicy$/, /^spec\.variables\[0\]\.expression/],
  // Places within schemas below `items` and `additionalProperties`; rules of schemas that are wrong.
  [/^CustomResourceDefinition$/, /^spec\.versions|additionalProperties|items/],
];

/** The same of updates; a change of the status is one of "Pod/status". */
const knownUpdates: readonly (readonly [kind: RegExp, title: RegExp])[] = [
  // An answer is defaulted once more than what is stored.
  [/^Job\/status$/, /^spec( = \{\}| missing)/],
  // A status without them gets the names and versions of the spec.
  [/^CustomResourceDefinition\/status$/, /./],
  // A policy that is off is known to those that have it.
  [/^Pod$/, /seLinuxChangePolicy/],
  [/^PersistentVolume$/, /nodeSelectorTerms\[0\]\.matchExpressions\[0\]\.key( missing| = "")/],
];

const among = (list: typeof known, kind: string, title: string): boolean =>
  list.some(([kinds, titles]) => kinds.test(kind) && titles.test(title));

export function knownDifference(kind: string, title: string): boolean {
  return among(known, kind, title);
}

export function knownUpdateDifference(kind: string, title: string): boolean {
  const [whole = ''] = kind.split('/');
  return among(known, whole, title) || among(knownUpdates, kind, title);
}
