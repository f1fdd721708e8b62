import type { KubernetesObject } from '../../api/meta.ts';
import type { ConfigMap, Secret } from '../../api/types/core-v1.ts';
import type { DescriptionWriter } from './writer.ts';

function describeHead(writer: DescriptionWriter, object: KubernetesObject): void {
  writer.field(0, 'Name', object.metadata.name).bare(0, 'Namespace', object.metadata.namespace);
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

/** Sizes only: a description is often shown to others. The token of an account is its purpose. */
export function describeSecret(writer: DescriptionWriter, secret: Secret): void {
  describeHead(writer, secret);
  writer.line(0, '').bare(0, 'Type', secret.type).line(0, '').line(0, 'Data').line(0, '====');
  const isToken = secret.type === 'kubernetes.io/service-account-token';
  for (const [key, value] of Object.entries(secret.data ?? {}).sort()) {
    if (isToken && key === 'token') {
      writer.bare(0, key, Buffer.from(value, 'base64').toString());
    } else writer.line(0, `${key}:\t${Buffer.byteLength(value, 'base64')} bytes`);
  }
}

/** What the head has told, and what only machines read. */
const toldAlready = ['managedFields', 'name', 'namespace', 'labels', 'annotations'];

/** Every field of a kind without a description of its own, in title case, as kubectl does. */
export function describeAny(writer: DescriptionWriter, object: KubernetesObject): void {
  describeHead(writer, object);
  const metadata = Object.fromEntries(
    Object.entries(object.metadata).filter(([key]) => !toldAlready.includes(key)),
  );
  describeFields(writer, 0, { ...object, metadata });
}

function describeFields(writer: DescriptionWriter, level: number, fields: object): void {
  for (const [key, value] of Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))) {
    describeValue(writer, level, [key, value]);
  }
}

function describeValue(
  writer: DescriptionWriter,
  level: number,
  [key, value]: readonly [string, unknown],
): void {
  const title = smartLabel(key);
  if (Array.isArray(value)) {
    writer.line(level, `${title}:`);
    for (const item of value as unknown[]) {
      if (Array.isArray(item)) writer.line(level + 1, `[${item.join(' ')}]`);
      else if (typeof item === 'object' && item !== null) describeFields(writer, level + 1, item);
      else writer.line(level + 1, goText(item));
    }
  } else if (typeof value === 'object' && value !== null) {
    writer.line(level, `${title}:`);
    describeFields(writer, level + 1, value);
  } else writer.bare(level, title, goText(value));
}

const goText = (value: unknown): string =>
  value === null ? '<nil>' : `${value as string | number | boolean}`;

const acronyms = ['API', 'URL', 'UID', 'OSB', 'GUID'];

/** "holderIdentity" → "Holder Identity", "podCIDRs" → "Pod CIDRs"; odd keys are left alone. */
function smartLabel(key: string): string {
  if (/[^\p{L}-]/u.test(key)) return key;
  return camelParts(key)
    .filter((part) => part !== '_')
    .map((part) => {
      if (acronyms.includes(part.toUpperCase())) return part.toUpperCase();
      return part === part.toLowerCase() ? part.charAt(0).toUpperCase() + part.slice(1) : part;
    })
    .join(' ');
}

/** Runs of one class of letters; a capital before small letters belongs to them. */
const camelParts = (key: string): readonly string[] =>
  key.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|[^\p{Lu}\p{Ll}]+/gu) ?? [];
