/** RFC 6902 with the API server's limits and errors. */
import { applyPatch, type Operation, Pointer } from 'rfc6902';
import { deepCopy, isObject } from '../deep.ts';
import { jsonKind } from '../schema/go-json.ts';
import { type StatusError, statusError } from '../status.ts';

const maxJsonPatchOperations = 10_000;
/** What all copy operations of one patch may add: the limit of a request's body. */
const maxCopiedBytes = 3 * 1024 * 1024;

/**
 * Gives a new document; neither argument is changed. Throws StatusError: BadRequest for what is no
 * patch, RequestEntityTooLarge beyond the limits, Invalid for one that does not apply.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = readOperations(patch);
  let result = deepCopy(document);
  let copied = 0;
  for (const operation of operations) {
    if (operation.op === 'copy') {
      copied += sizeOf(Pointer.fromJSON(operation.from).get(result));
      if (copied > maxCopiedBytes) throw copiesTooMuch(copied);
    }
    if (operation.path === '' && operation.op !== 'test') result = replaceRoot(operation, result);
    else {
      const [failure] = applyPatch(result, [operation]);
      if (failure !== null && failure !== undefined) throw doesNotApply(result, operation);
    }
  }
  return result;
}

/** rfc6902 changes documents in place, which cannot replace the document itself. */
function replaceRoot(operation: Operation, document: unknown): unknown {
  switch (operation.op) {
    case 'add':
    case 'replace':
      return deepCopy(operation.value as unknown);
    case 'copy':
    case 'move':
      return deepCopy(Pointer.fromJSON(operation.from).get(document) as unknown);
    default:
      return null;
  }
}

const withValue = new Set(['add', 'replace', 'test']);
const withFrom = new Set(['move', 'copy']);

function readOperations(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch)) {
    throw badPatch(
      `json: cannot unmarshal ${jsonKind(patch)} into Go value of type jsonpatch.Patch`,
    );
  }
  if (patch.length > maxJsonPatchOperations) {
    throw statusError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, ` +
        `got ${patch.length}`,
    );
  }
  return patch.map(readOperation);
}

function readOperation(operation: unknown): Operation {
  if (!isObject(operation)) {
    const kind = jsonKind(operation);
    throw badPatch(`json: cannot unmarshal ${kind} into Go value of type jsonpatch.Operation`);
  }
  const { op, path, from } = operation;
  if (typeof op !== 'string' || !(withValue.has(op) || withFrom.has(op) || op === 'remove')) {
    throw badPatch(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
  }
  if (!isPointer(path)) throw badPatch(`${op} operation has no valid path`);
  if (withFrom.has(op) && !isPointer(from)) throw badPatch(`${op} operation has no valid from`);
  if (withValue.has(op) && !('value' in operation)) throw badPatch(`${op} operation has no value`);
  return operation as unknown as Operation;
}

function isPointer(path: unknown): path is string {
  return typeof path === 'string' && (path === '' || path.startsWith('/'));
}

function sizeOf(value: unknown): number {
  return value === undefined ? 0 : JSON.stringify(value).length;
}

function badPatch(why: string): Error {
  return statusError('BadRequest', `error decoding patch: ${why}`);
}

function copiesTooMuch(bytes: number): Error {
  return statusError(
    'RequestEntityTooLarge',
    'Unable to complete the copy, the accumulated size increase of copy is ' +
      `${bytes}, exceeding the limit ${maxCopiedBytes}`,
  );
}

/** Kubernetes' message says nothing about the operation; the cause does. */
function doesNotApply(document: unknown, operation: Operation): Error {
  return statusError('Invalid', 'the server rejected our request due to an error in our request', {
    causes: [{ reason: 'UnexpectedServerResponse', message: whyNot(document, operation) }],
  });
}

/** In the words of evanphx/json-patch, by the state in which the operation met the document. */
function whyNot(document: unknown, operation: Operation): string {
  const { op, path } = operation;
  if (op === 'move' || op === 'copy') {
    const from = placeOf(document, operation.from);
    const apply = `${op} operation does not apply: doc is missing`;
    if (from.container === undefined) return `${apply} from path: ${operation.from}${MISSING}`;
    if (placeOf(document, path).container === undefined)
      return `${apply} destination path: ${path}${MISSING}`;
    return `error in ${op} for path: '${from.key}': ${absence(from)}`;
  }
  const place = placeOf(document, path);
  if (op === 'test') {
    if (place.container === undefined)
      return `test operation does not apply: is missing path: ${path}${MISSING}`;
    return place.wrongIndex === undefined
      ? `${TESTED}${path} failed: test failed`
      : `error in test for path: '${path}': ${place.wrongIndex}`;
  }
  const apply = `${op} operation does not apply: doc is missing`;
  const shown = op === 'replace' ? path : JSON.stringify(path);
  if (place.container === undefined) return `${apply} path: ${shown}${MISSING}`;
  if (op === 'replace') return `${apply} key: ${path}${MISSING}`;
  return `error in ${op} for path: '${path}': ${absence(place)}`;
}

const MISSING = ': missing value';
const TESTED = 'testing value ';

/** Whether a patch failed by a test of its own: it was meant for another state. */
export function isFailedTest(error: StatusError): boolean {
  return error.status.details?.causes?.[0]?.message?.startsWith(TESTED) === true;
}

interface Place {
  /** Undefined: there is none. */
  readonly container: object | undefined;
  readonly key: string;
  /** What is wrong with the key of a list. */
  readonly wrongIndex: string | undefined;
}

function placeOf(document: unknown, path: string): Place {
  const { tokens } = Pointer.fromJSON(path);
  const key = tokens[tokens.length - 1] ?? '';
  let container = document;
  for (const token of tokens.slice(1, -1))
    container = (container as Record<string, unknown> | null | undefined)?.[token];
  if (typeof container !== 'object' || container === null)
    return { container: undefined, key, wrongIndex: undefined };
  if (!Array.isArray(container)) return { container, key, wrongIndex: undefined };
  const wrongIndex = /^[-+]?\d+$/.test(key)
    ? `Unable to access invalid index: ${Number(key)}: invalid index referenced`
    : `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
  return { container, key, wrongIndex };
}

const absence = ({ key, wrongIndex }: Place): string =>
  wrongIndex ?? `Unable to remove nonexistent key: ${key}${MISSING}`;
