/**
 * Writes by two or three managers to one object, drawn from a seed: apply, forced or not, in any
 * version; updates; patches of each type; the same of the status.
 */
import { deepCopy, isObject } from '../../api/deep.ts';
import { comparableUpdate } from './answers-beside.ts';
import { comparablePlayed, type Play, type Played, remove } from './apply-cases.ts';
import { type SequenceKind, sequenceKinds } from './apply-sequence-kinds.ts';
import { SeededRandom } from './seeded-random.ts';

type Json = Record<string, unknown>;
type Path = readonly (string | number)[];

const WAYS = ['apply', 'apply', 'apply', 'force', 'update', 'merge', 'json', 'strategic'] as const;
const MANAGERS = ['one', 'two', 'three'];
const JSON_OPS = ['add', 'add', 'replace', 'remove', 'test'];
const STEPS = 12;
const types = {
  apply: 'application/apply-patch+yaml',
  force: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

interface WriteStep {
  readonly way: (typeof WAYS)[number];
  readonly manager: string;
  readonly apiVersion: string;
  readonly under: '' | '/status';
  /** What is said of the object. */
  readonly part: Json;
  /** What a patch or update takes away or changes. */
  readonly path: Path;
  readonly op: string;
}

export interface Sequence {
  readonly title: string;
  readonly kind: SequenceKind;
  readonly steps: readonly WriteStep[];
}

const EMPTIED = 'what an apply empties is null in Kubernetes 1.34.1, which its own schema refuses';
const LEFT = 'the owner of an emptied map or list keeps it in Kubernetes';
const FROZEN = 'an empty map is none here, also where the rest is immutable';
const NOWHERE = 'a Service would be made by an apply to its status';

/** Where answers differ, and why; seeds of {@link sequenceOf}. */
export const knownDifferences: ReadonlyMap<number, string> = new Map([
  ...[24, 169, 179].map((seed) => [seed, EMPTIED] as const),
  ...[21, 130, 146, 158, 164].map((seed) => [seed, LEFT] as const),
  ...[70, 155, 170].map((seed) => [seed, FROZEN] as const),
  ...[77, 207, 247, 272].map((seed) => [seed, NOWHERE] as const),
  [87, 'ports of one number twice in a strategic patch change their order here'],
  [151, 'the metadata of a template has owners without empty fields here'],
  [288, 'a pod whose deadline grows is told of its other changes, too'],
]);

export function sequenceOf(seed: number): Sequence {
  const random = new SeededRandom(seed);
  const kind = sequenceKinds[seed % sequenceKinds.length]!;
  const steps = Array.from({ length: STEPS }, () => stepOf(kind, random));
  return { title: `seed ${seed}: ${kind.kind}`, kind, steps };
}

function stepOf(kind: SequenceKind, random: SeededRandom): WriteStep {
  const one = <T>(list: readonly T[]): T => list[random.below(list.length, 'of')]!;
  const places = Object.keys(kind.parts) as WriteStep['under'][];
  const under = random.below(6, 'under') === 0 ? one(places) : '';
  const draw = { one, chance: (of: number) => random.below(of, 'chance') === 0 };
  let part: Json = {};
  if (under !== '') part = kind.parts[under]!(draw);
  else
    for (let n = random.below(4, 'parts'); n >= 0; n--) part = merged(part, kind.parts[''](draw));
  const paths = pathsOf(part);
  return {
    ...{ way: one(WAYS), manager: one(MANAGERS), apiVersion: one(kind.versions), under, part },
    ...{ path: paths.length === 0 ? ['data'] : one(paths), op: one(JSON_OPS) },
  };
}

/** The answers to each step. The object is made by the first and gone before. */
export async function playSequence({ kind, steps }: Sequence, play: Play): Promise<Played[]> {
  const at = (apiVersion: string): string =>
    `${apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`}/namespaces/default/${kind.plural}`;
  const home = at(kind.versions[0]!);
  await remove(`${home}/x`, play);
  const answers: Played[] = [];
  for (const [i, step] of steps.entries()) {
    const { way, manager, under } = step;
    const { apiVersion } = step;
    const query = `?fieldManager=${manager}${way === 'force' ? '&force=true' : ''}`;
    const url = `${at(apiVersion)}/x${under}${query}`;
    if (i === 0 && way !== 'apply') {
      const body = whole(kind, { ...step, under: '' });
      answers.push(await play('POST', home + query, { body, type: 'application/json' }));
    } else if (way === 'update') {
      const { code, body } = await play('GET', `${at(apiVersion)}/x${under}`);
      const live = code === 200 ? body : whole(kind, step);
      const changed = without(merged(live, step.part), step.path);
      answers.push(await play('PUT', url, { body: changed, type: 'application/json' }));
    } else answers.push(await play('PATCH', url, { body: patchOf(kind, step), type: types[way] }));
  }
  return answers;
}

function whole(kind: SequenceKind, { part, under, apiVersion }: WriteStep): Json {
  const named = { metadata: { name: 'x' } };
  const typed = { apiVersion, kind: kind.kind, ...named };
  return merged(under === '' ? merged(typed, kind.base) : typed, part);
}

function patchOf(kind: SequenceKind, step: WriteStep): unknown {
  const { way, part, path, op } = step;
  if (way === 'apply' || way === 'force') return whole(kind, step);
  if (way === 'merge') return nulled(part, path);
  if (way === 'strategic') return part;
  const pointer = path.map((key) => `/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`);
  const value = path.reduce<unknown>((at, key) => (at as Json)[key], part);
  return [{ op, path: pointer.join(''), ...(op !== 'remove' && { value }) }];
}

function merged(base: Json, over: Json): Json {
  const out = deepCopy(base);
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    out[key] = isObject(below) && isObject(value) ? merged(below, value) : value;
  }
  return out;
}

/** Of everything within, containers too. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, below]) => {
    const path = [...at, Array.isArray(value) ? Number(name) : name];
    return [path, ...pathsOf(below, path)];
  });
}

function without(object: Json, path: Path): Json {
  const copy = deepCopy(object);
  let at: unknown = copy;
  for (const key of path.slice(0, -1)) at = (at as Json | undefined)?.[key];
  const last = path.at(-1)!;
  if (Array.isArray(at)) at.splice(Number(last), 1);
  else if (isObject(at)) delete at[last];
  return copy;
}

/** Merge patches replace lists: what is in one goes. */
function nulled(part: Json, path: Path): Json {
  const copy = deepCopy(part);
  let at: unknown = copy;
  for (const key of path.slice(0, -1)) at = (at as Json)[key];
  const last = path.at(-1)!;
  if (Array.isArray(at)) at.splice(Number(last), 1);
  else if (isObject(at)) at[last] = null;
  return copy;
}

/** Refusals as updates compare them; the port that a node allocated is in their texts too. */
export function comparableStep(played: Played): unknown {
  const { code, body } = comparablePlayed(played);
  if (body['kind'] !== 'Status') return { code, body };
  const text = JSON.stringify(comparableUpdate(body, {}));
  return { code, body: text.replace(/Duplicate value: 3\d{4}/g, 'Duplicate value: PORT') };
}
