import type { KubernetesObject } from '../../api/meta.ts';
import type { ConfigMap, Secret } from '../../api/types/core-v1.ts';
import type { DescriptionWriter } from './writer.ts';

function describeHead(writer: DescriptionWriter, object: KubernetesObject): void {
  writer.field(0, 'Name', object.metadata.name);
  if (object.metadata.namespace) writer.field(0, 'Namespace', object.metadata.namespace);
  writer.map(0, 'Labels', object.metadata.labels);
  writer.map(0, 'Annotations', object.metadata.annotations);
}

export function describeConfigMap(writer: DescriptionWriter, map: ConfigMap): void {
  describeHead(writer, map);
  writer.line(0, '').line(0, 'Data').line(0, '====');
  for (const [key, value] of Object.entries(map.data ?? {}).sort()) {
    writer.line(0, `${key}:`).line(0, '----');
    for (const line of value.split('\n')) writer.line(0, line);
    writer.line(0, '');
  }
  writer.line(0, '').line(0, 'BinaryData').line(0, '====');
  for (const [key, value] of Object.entries(map.binaryData ?? {}).sort()) {
    writer.line(0, `${key}: ${Buffer.byteLength(value, 'base64')} bytes`);
  }
  writer.line(0, '');
}

/** Sizes only: a description is often shown to others. */
export function describeSecret(writer: DescriptionWriter, secret: Secret): void {
  describeHead(writer, secret);
  writer.line(0, '').field(0, 'Type', secret.type).line(0, '').line(0, 'Data').line(0, '====');
  for (const [key, value] of Object.entries(secret.data ?? {}).sort()) {
    writer.line(0, `${key}:\t${Buffer.byteLength(value, 'base64')} bytes`);
  }
}

/** Every field of a kind without a description of its own, in title case, as kubectl does. */
export function describeAny(writer: DescriptionWriter, object: KubernetesObject): void {
  describeHead(writer, object);
  writer.field(0, 'API Version', object.apiVersion);
  writer.field(0, 'Kind', object.kind);
  const { metadata } = object;
  writer.line(0, 'Metadata:');
  writer.field(1, 'Creation Timestamp', metadata.creationTimestamp);
  if (metadata.generation !== undefined) writer.field(1, 'Generation', metadata.generation);
  writer.field(1, 'Resource Version', metadata.resourceVersion);
  writer.field(1, 'UID', metadata.uid);
  for (const [key, value] of Object.entries(object)) {
    if (!['apiVersion', 'kind', 'metadata'].includes(key)) describeValue(writer, 0, [key, value]);
  }
}

function describeValue(
  writer: DescriptionWriter,
  level: number,
  [key, value]: readonly [string, unknown],
): void {
  const title = titleCase(key);
  if (Array.isArray(value)) {
    writer.line(level, `${title}:`);
    for (const item of value as unknown[]) {
      if (typeof item === 'object' && item !== null) {
        for (const entry of Object.entries(item)) describeValue(writer, level + 1, entry);
      } else writer.line(level + 1, String(item));
    }
  } else if (typeof value === 'object' && value !== null) {
    writer.line(level, `${title}:`);
    for (const entry of Object.entries(value)) describeValue(writer, level + 1, entry);
  } else writer.field(level, title, value as string | number | boolean | undefined);
}

/** "holderIdentity" → "Holder Identity". */
function titleCase(key: string): string {
  const spaced = key.replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
