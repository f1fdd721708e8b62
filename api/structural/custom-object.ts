/**
 * Custom resources as objects: what `api/schema/decode.ts` is to kinds that the tables know. A
 * body is pruned and its metadata are decoded as every kind's are; defaults come afterwards.
 */
import { isObject } from '../deep.ts';
import { invalid } from '../field-errors.ts';
import type { DecodedObject, DecodeOptions } from '../schema/decode.ts';
import { cannotDetect, judged, refusal } from '../schema/decode.ts';
import { jsonKind } from '../schema/go-json.ts';
import { DecodingError } from '../schema/structural-decoder.ts';
import type { GroupVersionKind } from '../schema/table.ts';
import { decodeObjectMeta } from './object-meta.ts';
import { Pruner } from './prune.ts';
import type { SchemaNode } from './schema.ts';
import { mendMetadata } from './stored-meta.ts';

/** Throws StatusError as `decodeObject` does. */
export function decodeCustomObject(
  of: { readonly kind: GroupVersionKind; readonly schema: SchemaNode },
  value: unknown,
  options: DecodeOptions,
): DecodedObject {
  if (!isObject(value)) throw cannotDetect(value);
  const { kind } = of;
  const { object, unknown } = pruneObject(of, value, options);
  return { object, warnings: judged(kind, unknown, options) };
}

function pruneObject(
  { kind, schema }: { readonly kind: GroupVersionKind; readonly schema: SchemaNode },
  value: Record<string, unknown>,
  options: DecodeOptions,
): { readonly object: Record<string, unknown>; readonly unknown: readonly string[] } {
  const ofMetadata: string[] = [];
  const embedded: string[] = [];
  const meta = (sent: unknown, path: string, key: string): unknown => {
    if (key !== 'metadata') {
      if (typeof sent === 'string' || path === key) return sent;
      throw refusal(kind, options, `${path}: ${invalid(path, sent, 'must be a string').message}`);
    }
    if (sent === null || sent === undefined) return {};
    try {
      if (!isObject(sent)) {
        const target = 'Go value of type v1.ObjectMeta';
        throw new DecodingError(`json: cannot unmarshal ${jsonKind(sent)} into ${target}`);
      }
      const decoded = decodeObjectMeta(sent);
      const unknown = path === key ? ofMetadata : embedded;
      unknown.push(...decoded.unknown.map((field) => `${path}.${field}`));
      return decoded.metadata;
    } catch (error) {
      if (!(error instanceof DecodingError)) throw error;
      const { message } = error;
      const isRoot = path === 'metadata';
      const told = isRoot ? message : `${path}: ${invalid(path, sent, message).message}`;
      throw refusal(kind, options, told);
    }
  };
  const pruner = new Pruner(meta);
  try {
    const object = pruner.root(value, schema);
    // As kube-apiserver finds them: it looks at embedded metadata last.
    const unknown = [ofMetadata, pruner.unknown, embedded].flatMap((paths) => paths.sort());
    return { object, unknown };
  } catch (error) {
    if (error instanceof DecodingError) throw refusal(kind, options, error.message);
    throw error;
  }
}

/**
 * What was stored without what the schema does not have (any more), and without metadata that
 * nobody could read; true if something went.
 */
export function pruneStored(
  object: Record<string, unknown>,
  schema: SchemaNode,
): { readonly object: Record<string, unknown>; readonly changed: boolean } {
  let mended = false;
  const pruner = new Pruner((stored, path, key) => {
    const isText = typeof stored === 'string' || path === key;
    const kept = key === 'metadata' ? mendMetadata(stored) : isText ? stored : undefined;
    mended ||= kept !== stored;
    return kept;
  });
  const pruned = pruner.root(object, schema);
  return { object: pruned, changed: mended || pruner.unknown.length > 0 };
}
