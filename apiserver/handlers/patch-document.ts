/**
 * The three patches that say what is to change: what each makes of a document, and what
 * kube-apiserver says of one that cannot be read or does not apply.
 */
import { isObject } from '../../api/deep.ts';
import { goJson } from '../../api/go-json.ts';
import { goValue } from '../../api/go-struct.ts';
import { pathText } from '../../api/json.ts';
import {
  applyJsonPatch,
  decodeJsonPatch,
  JsonPatchFailure,
  MalformedJsonPatch,
} from '../../api/patch/json-patch.ts';
import { applyMergePatch } from '../../api/patch/merge-patch.ts';
import { rejected } from '../../api/patch/patch-field.ts';
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts';
import { asFound, type FieldValidation } from '../../api/schema/decode.ts';
import { jsonKind } from '../../api/schema/go-json.ts';
import type { Definition } from '../../api/schema/table.ts';
import { statusError } from '../../api/status.ts';
import { assert } from '../../platform/assert.ts';
import { JsonValue } from '../../platform/net/http.ts';
import { type ParsedBody, readable, readJson, UnreadableBody } from './body.ts';

const MAX_JSON_PATCH_OPERATIONS = 10_000;

export interface Patched {
  readonly value: unknown;
  /** It is not decoded from JSON. */
  readonly fromMap: boolean;
  /** What is shown where it is no object of the kind. */
  shown(): string;
}

/** A patch as it was sent, read when it meets a document. Its methods throw StatusError. */
export interface PatchBody {
  /** What is said of keys given twice. */
  duplicates(): readonly string[];
  /** The document after the patch, which is not changed. */
  apply(document: unknown): Patched;
}

export interface SentPatch {
  readonly body: Uint8Array | JsonValue | undefined;
  readonly mode: FieldValidation;
}

export function jsonPatch(sent: SentPatch): PatchBody {
  const lenient = sent.mode === 'Ignore';
  const read = once(() =>
    told(lenient ? '' : DECODING, () => {
      const parsed = parsedPatch(sent);
      const unknown = lenient ? [] : unknownFields(parsed.value);
      const operations = decodeJsonPatch(parsed.value);
      if (operations.length > MAX_JSON_PATCH_OPERATIONS) throw tooMany(operations.length);
      const { value, duplicates } = parsed;
      const found = asFound({ sent: value as object | null, duplicates, unknownFields: unknown });
      return { value, duplicates: found.map((fault) => `json patch ${fault}`) };
    }),
  );
  return {
    duplicates: () => read().duplicates,
    apply(document) {
      try {
        const value = applyJsonPatch(document, read().value);
        return fromJson(value);
      } catch (error) {
        if (error instanceof JsonPatchFailure) throw rejected();
        throw error;
      }
    },
  };
}

export function mergePatch(sent: SentPatch): PatchBody {
  const read = once(() => {
    if (sent.mode !== 'Ignore') return told(DECODING, () => asMap(parsedPatch(sent)));
    return told('', () => {
      try {
        return parsedPatch(sent);
      } catch (error) {
        throw error instanceof UnreadableBody ? new UnreadableBody(NO_PATCH) : error;
      }
    });
  });
  return {
    duplicates: () => read().duplicates,
    apply(document) {
      const { value: patch } = read();
      if (typeof patch !== 'object' || patch === null) throw statusError('BadRequest', NO_PATCH);
      const value = applyMergePatch(document, patch);
      return fromJson(value);
    },
  };
}

export function strategicMergePatch(sent: SentPatch, definition: Definition): PatchBody {
  const read = once(() => told('', () => asMap(parsedPatch(sent))));
  return {
    duplicates: () => read().duplicates,
    apply(document) {
      assert(isObject(document), 'a stored object is a JSON object');
      const patch = read().value ?? {};
      const patched = applyStrategicMergePatch(definition, document, patch);
      // Of which kind it is cannot be changed, nor does trying to do so matter.
      const { apiVersion, kind } = document;
      const value = { ...patched, apiVersion, kind };
      return { value, fromMap: true, shown: () => goValue(patch) };
    },
  };
}

const DECODING = 'error decoding patch: ';
const NO_PATCH = 'Invalid JSON Patch';

const fromJson = (value: unknown): Patched => ({
  value,
  fromMap: false,
  shown: () => goJson(value),
});

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function parsedPatch({ body = new Uint8Array(0), mode }: SentPatch): ParsedBody {
  if (body instanceof JsonValue) return { value: body.value, duplicates: [] };
  return readable('', () => readJson(body, { duplicates: mode !== 'Ignore' }));
}

/** BadRequest for what cannot be read. */
function told<T>(before: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableBody || error instanceof MalformedJsonPatch)
      throw statusError('BadRequest', before + error.message);
    throw error;
  }
}

const unmarshal = (value: unknown, type: string): Error =>
  new UnreadableBody(`json: cannot unmarshal ${jsonKind(value)} into Go ${type}`);

function asMap(parsed: ParsedBody): ParsedBody {
  const { value } = parsed;
  if (value === null || isObject(value)) return parsed;
  throw unmarshal(value, 'value of type map[string]interface {}');
}

/** Where they are. Also looks at the types of the known ones. */
function unknownFields(patch: unknown): readonly string[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw unmarshal(patch, 'value of type []handlers.jsonPatchOp');
  return patch.flatMap((operation: unknown, i) => {
    if (operation === null) return [];
    if (!isObject(operation)) throw unmarshal(operation, 'value of type handlers.jsonPatchOp');
    for (const name of TEXTS) {
      const text = operation[name] ?? '';
      if (typeof text !== 'string')
        throw unmarshal(text, `struct field jsonPatchOp.${name} of type string`);
    }
    const unknown = Object.keys(operation).filter((name) => !KNOWN.has(name));
    return unknown.map((name) => pathText([i, name]));
  });
}

const TEXTS = ['op', 'path', 'from'];
const KNOWN = new Set([...TEXTS, 'value']);

function tooMany(count: number): Error {
  return statusError(
    'RequestEntityTooLarge',
    'Request entity too large: The allowed maximum operations in a JSON patch is ' +
      `${MAX_JSON_PATCH_OPERATIONS}, got ${count}`,
  );
}
