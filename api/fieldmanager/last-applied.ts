/**
 * The annotation in which `kubectl apply` without --server-side keeps what it applied last. Who
 * moves on to server-side apply is not to conflict with what they applied before, and goes on
 * keeping the annotation, so that they can move back.
 */
import { jsonText } from '../../platform/json-text.ts';
import { isObject } from '../deep.ts';
import { parseJson } from '../json.ts';
import { compare } from './compare.ts';
import { faultsOf, fieldsOf } from './configuration.ts';
import { difference, type FieldSet } from './field-set.ts';
import { byText } from './managers.ts';
import type { StructMergeType } from './merge-type.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** All annotations of an object together. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

type Annotations = Readonly<Record<string, string>>;

function annotationsOf(object: object): Annotations {
  const { metadata } = object as { metadata?: { annotations?: Annotations } };
  return metadata?.annotations ?? {};
}

export function hasLastApplied(object: object): boolean {
  return Boolean(annotationsOf(object)[LAST_APPLIED]);
}

/**
 * The fields whose last applied values are those of the live object still; undefined if the
 * annotation says nothing usable.
 */
export function agreesWithLastApplied(
  type: StructMergeType,
  live: object,
  apiVersion: string,
): FieldSet | undefined {
  const applied = parsed(annotationsOf(live)[LAST_APPLIED]);
  if (applied?.['apiVersion'] !== apiVersion) return undefined;
  const { apiVersion: _a, kind: _k, ...fields } = applied;
  if (faultsOf(type, withoutIdentity(fields)).length > 0) return undefined;
  const changes = compare(type, fields, live as Record<string, unknown>);
  const sets = [changes.modified, changes.added, changes.removed];
  return sets.reduce(difference, fieldsOf(type, fields));
}

/** The tracked type does not know what nobody owns. */
function withoutIdentity(fields: Record<string, unknown>): Record<string, unknown> {
  const { metadata } = fields;
  if (!isObject(metadata)) return fields;
  const { labels, annotations } = metadata;
  const known = { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
  return { ...fields, metadata: known };
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  if (!text) return undefined;
  try {
    const { value } = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `annotations` with the configuration in the place of what was applied last. */
export function withLastApplied(
  annotations: Annotations,
  configuration: Readonly<Record<string, unknown>>,
): Annotations {
  const { [LAST_APPLIED]: _old, ...others } = annotations;
  const text = `${jsonText(inOrder(withoutLastApplied(configuration)))}\n`;
  const all: Annotations = { ...others, [LAST_APPLIED]: text };
  let bytes = 0;
  for (const key of Object.keys(all))
    bytes += Buffer.byteLength(key) + Buffer.byteLength(all[key]!);
  return bytes > MAX_ANNOTATION_BYTES ? others : all;
}

/** Keys in order, as Go writes a map. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const entries = Object.keys(value).sort(byText);
  return Object.fromEntries(entries.map((key) => [key, inOrder(value[key])]));
}

function withoutLastApplied(configuration: Readonly<Record<string, unknown>>) {
  const { metadata } = configuration;
  if (!isObject(metadata) || !isObject(metadata['annotations'])) return configuration;
  const { [LAST_APPLIED]: _own, ...annotations } = metadata['annotations'];
  return { ...configuration, metadata: { ...metadata, annotations } };
}
