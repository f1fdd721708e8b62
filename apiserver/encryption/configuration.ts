/**
 * --encryption-provider-config: which resources are encrypted in the store, and how
 * (https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/). Refused in Kubernetes'
 * words; fields that there are not are refused too.
 */
import { type FieldError, invalid, invalidUnshown, required } from '../../api/field-errors.ts';
import {
  configDocument,
  ConfigurationError,
  type Fields,
  refuseErrors,
  unknownFields,
} from '../options/config-document.ts';
import { parseGoDuration } from '../pipeline/go-duration.ts';
import { resourceErrors } from './resource-names.ts';

export interface NamedKey {
  readonly name: string;
  readonly secret: Buffer;
}

export type ProviderSettings =
  | { readonly type: 'identity' }
  | { readonly type: KeySort; readonly keys: readonly NamedKey[] }
  | KmsSettings;

export interface KmsSettings {
  readonly type: 'kms';
  readonly name: string;
  /** "/var/run/kms.sock". */
  readonly socket: string;
  readonly timeoutMs: number;
}

export interface EncryptionRule {
  /** "secrets", "deployments.apps", "*.apps", "*.", "*.*". */
  readonly resources: readonly string[];
  /** The first one writes; each of them may have written what is read. */
  readonly providers: readonly ProviderSettings[];
}

const KEY_BYTES = { aescbc: [16, 24, 32], aesgcm: [16, 24, 32], secretbox: [32] } as const;
type KeySort = keyof typeof KEY_BYTES;
const PROVIDERS = ['kms', 'aesgcm', 'aescbc', 'secretbox', 'identity'];
const VERSIONS = ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1'];
const DEFAULT_TIMEOUT = '3s';
const KMS_FIELDS = ['apiVersion', 'name', 'cachesize', 'endpoint', 'timeout'];
const NO_PROVIDER =
  'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity';
const SEVERAL_PROVIDERS =
  'more than one provider specified in a single element, should split into different list elements';
const V1 =
  'KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.';

const mandatory = (name: string, what: string): string =>
  `${name} is a mandatory field for a ${what}`;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function parseEncryptionConfiguration(text: string): readonly EncryptionRule[] {
  const document = configDocument(text, 'EncryptionConfiguration', VERSIONS);
  unknownFields(document, ['apiVersion', 'kind', 'resources'], 'EncryptionConfiguration');
  const rules = list(document['resources']);
  const errors: FieldError[] = [];
  if (rules.length === 0) errors.push(required('resources', 'at least one resources is required'));
  const names = new Set<string>();
  const parsed = rules.map((rule, i) => {
    const field = `resources[${i}]`;
    unknownFields(rule, ['resources', 'providers'], field);
    const fields = rule as Fields;
    const resources = list(fields['resources']).map(String);
    if (resources.length === 0) errors.push(atLeastOne(`${field}.resources`));
    errors.push(...resourceErrors(resources, `${field}.resources`));
    const providers = list(fields['providers']);
    if (providers.length === 0) errors.push(atLeastOne(`${field}.providers`));
    const settings = providers.map((provider, j) =>
      providerSettings(provider, { field: `${field}.providers[${j}]`, errors, names }),
    );
    return { resources, providers: settings };
  });
  refuseErrors(errors);
  return parsed;
}

const atLeastOne = (field: string): FieldError =>
  required(field, `at least one ${field} is required`);

interface Reading {
  readonly field: string;
  readonly errors: FieldError[];
  /** Of key management services before this one. */
  readonly names: Set<string>;
}

function providerSettings(provider: unknown, { field, errors, names }: Reading): ProviderSettings {
  unknownFields(provider, PROVIDERS, field);
  const given = Object.entries(provider as Fields).filter(([, value]) => value !== null);
  const [type, value] = given[0] ?? [];
  if (given.length !== 1 || type === 'identity') {
    if (given.length === 0) errors.push(invalidUnshown(field, NO_PROVIDER));
    if (given.length > 1) errors.push(invalidUnshown(field, SEVERAL_PROVIDERS));
    return { type: 'identity' };
  }
  const at = { field: `${field}.${type}`, errors, names };
  if (type === 'kms') return kmsSettings(value, at);
  return { type: type as KeySort, keys: namedKeys(value, type as KeySort, at) };
}

function namedKeys(value: unknown, sort: KeySort, { field, errors }: Reading): NamedKey[] {
  unknownFields(value, ['keys'], field);
  const keys = list((value as Fields)['keys']);
  if (keys.length === 0) errors.push(required(`${field}.keys`, 'at least one keys is required'));
  return keys.map((key, i) => {
    const at = `${field}.keys[${i}]`;
    unknownFields(key, ['name', 'secret'], at);
    const { name = '', secret = '' } = key as { readonly name?: string; readonly secret?: string };
    if (name === '') errors.push(required(`${at}.name`, mandatory('name', 'key')));
    const bytes = Buffer.from(secret, 'base64');
    const lengths: readonly number[] = KEY_BYTES[sort];
    const wrong = (detail: string): number =>
      errors.push(invalid(`${at}.secret`, 'REDACTED', detail));
    if (secret === '') errors.push(required(`${at}.secret`, mandatory('secret', 'key')));
    else if (bytes.toString('base64') !== secret) wrong('secrets must be base64 encoded');
    else if (!lengths.includes(bytes.length))
      wrong(
        `secret is not of the expected length, got ${bytes.length}, ` +
          `expected one of [${lengths.join(' ')}]`,
      );
    return { name, secret: bytes };
  });
}

function kmsSettings(value: unknown, { field, errors, names }: Reading): KmsSettings {
  unknownFields(value, KMS_FIELDS, field);
  const fields = value as Readonly<Record<string, string | undefined>>;
  const { name = '', endpoint = '', apiVersion = 'v1', timeout = DEFAULT_TIMEOUT } = fields;
  const refuse = (at: string, shown: unknown, detail: string): number =>
    errors.push(invalid(`${field}.${at}`, shown, detail));
  if (name === '') errors.push(required(`${field}.name`, mandatory('name', 'provider')));
  if (apiVersion !== 'v1' && name.includes(':'))
    refuse('name', name, `invalid KMS provider name ${name}, must not contain ':'`);
  if (names.has(name))
    refuse('name', name, `duplicate KMS provider name ${name}, names must be unique`);
  names.add(name);
  const timeoutMs = parseGoDuration(String(timeout)) ?? 0;
  if (timeoutMs <= 0) refuse('timeout', timeout, 'timeout should be a positive value');
  const [, scheme = '', path = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(endpoint) ?? [];
  if (endpoint === '') refuse('endpoint', '', mandatory('endpoint', 'kms'));
  else if (scheme !== 'unix')
    refuse(
      'endpoint',
      endpoint,
      `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`,
    );
  if (apiVersion === 'v2' && fields['cachesize'] !== undefined)
    refuse('cachesize', fields['cachesize'], 'cachesize is not supported in v2');
  if (apiVersion !== 'v1' && apiVersion !== 'v2')
    refuse(
      'apiVersion',
      apiVersion,
      'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported',
    );
  if (apiVersion === 'v1' && errors.length === 0) throw new ConfigurationError(V1);
  return { type: 'kms', name, socket: socketPath(path), timeoutMs };
}

/** "unix:///@name" is a socket without a file. */
const socketPath = (path: string): string => (path.startsWith('/@') ? `\0${path.slice(2)}` : path);
