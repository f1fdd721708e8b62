/**
 * RFC 6902 as kube-apiserver carries it out, which uses evanphx/json-patch 4.12: that decides what
 * the RFC leaves open, and the words of failures. Values are compared as JSON values, there by
 * their text.
 */
import { jsonText } from '../../platform/json-text.ts';
import { deepCopy, deepEqual, isObject, setField } from '../deep.ts';
import { jsonKind } from '../schema/go-json.ts';

/** What all copy operations of one patch may add: the limit of a request's body. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/** What is no JSON patch, in the words of Go's decoder. */
export class MalformedJsonPatch extends Error {
  override readonly name = 'MalformedJsonPatch';
}

/** A patch that is not meant for the document, or asks for what cannot be done. */
export class JsonPatchFailure extends Error {
  override readonly name = 'JsonPatchFailure';
}

/** A test of its own failed: the patch was meant for another state. */
export class JsonPatchTestFailure extends JsonPatchFailure {}

type Operation = Readonly<Record<string, unknown>>;
type Container = Record<string, unknown> | unknown[];

/** The operations, as yet unread; throws {@link MalformedJsonPatch}. */
export function decodeJsonPatch(patch: unknown): readonly Operation[] {
  if (patch === null) return [];
  const wrong = (value: unknown, type: string): Error =>
    new MalformedJsonPatch(
      `json: cannot unmarshal ${jsonKind(value)} into Go value of type jsonpatch.${type}`,
    );
  if (!Array.isArray(patch)) throw wrong(patch, 'Patch');
  return patch.map((operation: unknown) => {
    if (operation === null) return {};
    if (!isObject(operation)) throw wrong(operation, 'Operation');
    return operation;
  });
}

/**
 * Gives a new document; neither argument is changed or shared. Throws {@link MalformedJsonPatch},
 * {@link JsonPatchFailure}.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = decodeJsonPatch(patch);
  const run = new Run(deepCopy(document) as Container);
  for (const operation of operations) run.perform(operation);
  return run.document;
}

class Run {
  document: Container;
  #copied = 0;

  constructor(document: Container) {
    this.document = document;
  }

  perform(operation: Operation): void {
    const { op } = operation;
    switch (op) {
      case 'add':
        return this.#add(operation);
      case 'remove':
        return this.#remove(operation);
      case 'replace':
        return this.#replace(operation);
      case 'move':
        return this.#move(operation);
      case 'test':
        return this.#test(operation);
      case 'copy':
        return this.#copy(operation);
      default:
        throw new JsonPatchFailure(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
    }
  }

  #add(operation: Operation): void {
    const path = pathOf(operation, 'missing value');
    const place = this.#at(path);
    if (place === undefined) throw missing('add operation does not apply: doc is', `"${path}"`);
    wrapping(`error in add for path: '${path}'`, () => add(place, valueOf(operation)));
  }

  #remove(operation: Operation): void {
    const path = pathOf(operation, 'missing value');
    const place = this.#at(path);
    if (place === undefined) throw missing('remove operation does not apply: doc is', `"${path}"`);
    wrapping(`error in remove for path: '${path}'`, () => remove(place));
  }

  #replace(operation: Operation): void {
    const path = pathOf(operation);
    if (path === '') {
      const value = valueOf(operation);
      // Another value is passed over.
      if (typeof value === 'object' && value !== null) this.document = value as Container;
      return;
    }
    const place = this.#at(path);
    const apply = 'replace operation does not apply: doc is';
    if (place === undefined) throw missing(apply, path);
    const { container, key } = place;
    if (!Array.isArray(container)) return setField(container, key, valueOf(operation));
    const index = existing(container, key);
    if (typeof index === 'string') throw missing(apply, path, 'key');
    container[index] = valueOf(operation);
  }

  #move(operation: Operation): void {
    const from = fromOf(operation);
    const source = this.#at(from);
    if (source === undefined) throw missing('move operation does not apply: doc is', from, FROM);
    const value = wrapping(`error in move for path: '${source.key}'`, () => {
      const moved = get(source);
      remove(source);
      return moved;
    });
    const path = pathOf(operation);
    const place = this.#at(path);
    if (place === undefined) throw missing('move operation does not apply: doc is', path, TO);
    wrapping(`error in move for path: '${path}'`, () => add(place, value));
  }

  #test(operation: Operation): void {
    const path = pathOf(operation);
    const place = path === '' ? undefined : this.#at(path);
    if (place === undefined && path !== '')
      throw missing('test operation does not apply: is', path);
    const found =
      place === undefined
        ? this.document
        : wrapping(`error in test for path: '${path}'`, () => get(place));
    // What is absent is null.
    if (!deepEqual(found ?? null, operation['value'] ?? null))
      throw new JsonPatchTestFailure(`testing value ${path} failed: test failed`);
  }

  #copy(operation: Operation): void {
    const from = fromOf(operation);
    const source = this.#at(from);
    const apply = 'copy operation does not apply: doc is';
    if (source === undefined) throw missing(apply, from, FROM);
    const value = wrapping(`error in copy for from: '${from}'`, () => deepCopy(get(source)));
    const path = pathOf(operation, 'missing value');
    const place = this.#at(path);
    if (place === undefined) throw missing(apply, path, TO);
    this.#copied += value === undefined ? 0 : jsonText(value).length;
    if (this.#copied > MAX_COPIED_BYTES)
      throw new JsonPatchFailure(
        'Unable to complete the copy, the accumulated size increase of copy is ' +
          `${this.#copied}, exceeding the limit ${MAX_COPIED_BYTES}`,
      );
    wrapping('error while adding value during copy', () => add(place, value ?? null));
  }

  /** Undefined if nothing could hold it. What is before the first slash is ignored. */
  #at(path: string): Place | undefined {
    const tokens = path.split('/').slice(1).map(unescaped);
    const key = tokens.pop();
    if (key === undefined) return undefined;
    let container = this.document;
    for (const token of tokens) {
      const next = child(container, token);
      if (typeof next !== 'object' || next === null) return undefined;
      container = next as Container;
    }
    return { container, key };
  }
}

interface Place {
  readonly container: Container;
  readonly key: string;
}

const FROM = 'from path';
const TO = 'destination path';

function missing(what: string, path: string, part = 'path'): Error {
  return new JsonPatchFailure(`${what} missing ${part}: ${path}: missing value`);
}

const unescaped = (token: string): string =>
  token.replace(/~[01]/g, (escape) => (escape === '~1' ? '/' : '~'));

/** `undecoded`: what stands for the reason of some operations. */
function pathOf({ op, path }: Operation, undecoded?: string): string {
  if (typeof path === 'string') return path;
  const why = undecoded ?? wrongText(path) ?? 'operation missing path field: missing value';
  throw new JsonPatchFailure(`${op as string} operation failed to decode path: ${why}`);
}

function fromOf({ op, from }: Operation): string {
  if (typeof from === 'string') return from;
  const why = wrongText(from) ?? 'operation, missing from field: missing value';
  throw new JsonPatchFailure(`${op as string} operation failed to decode from: ${why}`);
}

const wrongText = (value: unknown): string | undefined =>
  value === undefined || value === null
    ? undefined
    : `json: cannot unmarshal ${jsonKind(value)} into Go value of type string`;

/** An absent value is null. */
const valueOf = ({ value }: Operation): unknown => deepCopy(value ?? null);

/** What went wrong, told with where. */
function wrapping<T>(where: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof JsonPatchFailure) throw new JsonPatchFailure(`${where}: ${error.message}`);
    throw error;
  }
}

function child(container: Container, key: string): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  const index = existing(container, key);
  return typeof index === 'string' ? undefined : container[index];
}

/** Undefined for a key that an object does not have. */
function get({ container, key }: Place): unknown {
  return Array.isArray(container) ? container[indexOf(container, key)] : child(container, key);
}

function add({ container, key }: Place, value: unknown): void {
  if (!Array.isArray(container)) return setField(container, key, value);
  if (key === '-') {
    container.push(value);
    return;
  }
  const index = positionOf(key, container.length + 1);
  if (typeof index === 'string') {
    const unread = index.startsWith(UNREAD);
    throw new JsonPatchFailure(
      unread ? `value was not a proper array index: '${key}': ${index}` : index,
    );
  }
  container.splice(index, 0, value);
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) {
    container.splice(indexOf(container, key), 1);
    return;
  }
  if (!Object.hasOwn(container, key))
    throw new JsonPatchFailure(`Unable to remove nonexistent key: ${key}: missing value`);
  delete container[key];
}

function indexOf(list: readonly unknown[], key: string): number {
  const index = existing(list, key);
  if (typeof index === 'string') throw new JsonPatchFailure(index);
  return index;
}

const existing = (list: readonly unknown[], key: string): number | string =>
  positionOf(key, list.length);

const UNREAD = 'strconv.Atoi';
const MAX_INT = 2 ** 63;

/** The index below `length` that a key means, counted from the end if negative; or why not. */
function positionOf(key: string, length: number): number | string {
  const unread = (why: string): string => `${UNREAD}: parsing ${JSON.stringify(key)}: ${why}`;
  if (!/^[-+]?\d+$/.test(key)) return unread('invalid syntax');
  const index = Number(key);
  if (Math.abs(index) >= MAX_INT) return unread('value out of range');
  const inside = index < 0 ? index + length : index;
  if (inside >= 0 && inside < length) return inside;
  return `Unable to access invalid index: ${index}: invalid index referenced`;
}
