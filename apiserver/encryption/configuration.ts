/**
 * --encryption-provider-config: which resources are encrypted in the store, and how
 * (https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/). Refused in Kubernetes'
 * words.
 */
import { urlFault } from '../../api/cel/libraries/urls.ts';
import { type FieldError, invalid, invalidUnshown, required } from '../../api/field-errors.ts';
import {
  configDocument,
  ConfigurationError,
  refuseErrors,
  type Shape,
  shaped,
} from '../options/config-document.ts';
import { parseGoDuration } from '../../platform/go-duration.ts';
import { maskedResource, resourceErrors } from './resource-names.ts';

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
/** Where several are given, the first of these counts. */
const PROVIDERS = ['kms', 'aesgcm', 'aescbc', 'secretbox', 'identity'] as const;
const FORMS = { 'apiserver.config.k8s.io/v1': 'EncryptionConfiguration', v1: 'EncryptionConfig' };
const DEFAULT_TIMEOUT = '3s';
const NO_PROVIDER =
  'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity';
const SEVERAL_PROVIDERS =
  'more than one provider specified in a single element, should split into different list elements';
const V1 =
  'KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.';

const mandatory = (name: string, what: string): string =>
  `${name} is a mandatory field for a ${what}`;
interface Key {
  readonly name?: string;
  readonly secret?: string;
}

interface Kms {
  readonly apiVersion?: string;
  readonly name?: string;
  readonly cachesize?: number;
  readonly endpoint?: string;
  readonly timeout?: string;
}

type Provider = {
  readonly [Sort in KeySort]?: { readonly keys?: readonly Key[] };
} & { readonly identity?: object; readonly kms?: Kms };

interface Rule {
  readonly resources?: readonly string[];
  readonly providers?: readonly Provider[];
}

const TEXT = 'string';
const KEYS = { keys: [{ name: TEXT, secret: TEXT }] } as const;
const SHAPE: Shape = {
  apiVersion: TEXT,
  kind: TEXT,
  resources: [
    {
      resources: [TEXT],
      providers: [
        {
          aesgcm: KEYS,
          aescbc: KEYS,
          secretbox: KEYS,
          identity: {},
          kms: {
            apiVersion: TEXT,
            name: TEXT,
            cachesize: 'integer',
            endpoint: TEXT,
            timeout: TEXT,
          },
        },
      ],
    },
  ],
};

export function parseEncryptionConfiguration(text: string): readonly EncryptionRule[] {
  if (text === '') throw new ConfigurationError('encryption provider configuration file is empty');
  const document = shaped(configDocument(text, FORMS), SHAPE);
  const { resources: rules = [] } = document as { readonly resources?: readonly Rule[] };
  const errors: FieldError[] = [];
  if (rules.length === 0) errors.push(required('resources', 'at least one resources is required'));
  const names = new Set<string>();
  const parsed = rules.map(({ resources = [], providers = [] }, i) => {
    const field = `resources[${i}]`;
    if (resources.length === 0) errors.push(atLeastOne(`${field}.resources`));
    errors.push(...resourceErrors(resources, `${field}.resources`));
    if (providers.length === 0) errors.push(atLeastOne(`${field}.providers`));
    const settings = providers.map((provider, j) =>
      providerSettings(provider, { field: `${field}.providers[${j}]`, errors, names }),
    );
    return { resources, providers: settings };
  });
  refuseErrors(errors);
  const services = rules.flatMap(({ providers = [] }) => providers.map(({ kms }) => kms));
  if (services.some((kms) => kms !== undefined && versionOf(kms) === 'v1'))
    throw new ConfigurationError(V1);
  const masked = maskedResource(parsed.flatMap(({ resources }) => resources));
  if (masked !== undefined) throw new ConfigurationError(masked);
  return parsed;
}

const versionOf = ({ apiVersion = '' }: Kms): string => (apiVersion === '' ? 'v1' : apiVersion);

const atLeastOne = (field: string): FieldError =>
  required(field, `at least one ${field} is required`);

interface Reading {
  readonly field: string;
  readonly errors: FieldError[];
  /** Of key management services before this one. */
  readonly names: Set<string>;
}

function providerSettings(provider: Provider, { field, errors, names }: Reading): ProviderSettings {
  const given = PROVIDERS.filter((sort) => provider[sort] !== undefined);
  const [type = 'identity'] = given;
  if (given.length === 0) errors.push(invalidUnshown(field, NO_PROVIDER));
  if (given.length > 1) errors.push(invalidUnshown(field, SEVERAL_PROVIDERS));
  const at = { field: `${field}.${type}`, errors, names };
  if (type === 'identity') return { type };
  if (type === 'kms') return kmsSettings(provider.kms!, at);
  return { type, keys: namedKeys(provider[type]!.keys ?? [], type, at) };
}

function namedKeys(
  keys: readonly Key[],
  sort: KeySort,
  { field, errors }: Reading,
): readonly NamedKey[] {
  if (keys.length === 0) errors.push(required(`${field}.keys`, 'at least one keys is required'));
  return keys.map(({ name = '', secret = '' }, i) => {
    const at = `${field}.keys[${i}]`;
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

function kmsSettings(kms: Kms, { field, errors, names }: Reading): KmsSettings {
  const { name = '', endpoint = '', timeout = DEFAULT_TIMEOUT, cachesize } = kms;
  const version = versionOf(kms);
  const refuse = (at: string, shown: unknown, detail: string): number =>
    errors.push(invalid(`${field}.${at}`, shown, detail));
  if (name === '') errors.push(required(`${field}.name`, mandatory('name', 'provider')));
  if (version !== 'v1' && name.includes(':'))
    refuse('name', name, `invalid KMS provider name ${name}, must not contain ':'`);
  if (names.has(name))
    refuse('name', name, `duplicate KMS provider name ${name}, names must be unique`);
  names.add(name);
  const timeoutMs = parseGoDuration(timeout);
  if (timeoutMs === undefined)
    throw new ConfigurationError(`time: invalid duration ${JSON.stringify(timeout)}`);
  if (timeoutMs <= 0) refuse('timeout', timeout, 'timeout should be a positive value');
  const { path, fault } = socketOf(endpoint);
  if (fault !== undefined) refuse('endpoint', endpoint, fault);
  if (version !== 'v1' && cachesize !== undefined)
    refuse('cachesize', cachesize, 'cachesize is not supported in v2');
  if (version === 'v1' && cachesize === 0)
    refuse('cachesize', 0, 'cachesize should be a positive value, or negative to disable');
  if (version !== 'v1' && version !== 'v2')
    refuse(
      'apiVersion',
      version,
      'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported',
    );
  return { type: 'kms', name, socket: path, timeoutMs };
}

/** "unix:///@name" is a socket without a file. */
function socketOf(endpoint: string): { readonly path: string; readonly fault?: string } {
  const [, scheme = '', path = ''] = /^(?:([a-z][a-z0-9+.-]*):(?:\/\/)?)?(.*)$/is.exec(endpoint)!;
  if (endpoint === '') return { path, fault: mandatory('endpoint', 'kms') };
  const wrong = scheme === '' && !endpoint.startsWith(':') ? undefined : urlFault(endpoint);
  if (wrong !== undefined)
    return { path, fault: `invalid endpoint for kms provider, error: ${wrong}` };
  const shown = JSON.stringify(scheme.toLowerCase());
  if (scheme.toLowerCase() !== 'unix')
    return { path, fault: `unsupported scheme ${shown} for KMS provider, only unix is supported` };
  return { path: path.startsWith('/@') ? `\0${path.slice(2)}` : path };
}
