/**
 * The order in which kubectl's JSON of a kubeconfig has its fields: that of client-go's types
 * (`clientcmd/api/v1`). Every other format has them in order of the alphabet.
 */
import { isObject } from '../../api/deep.ts';
import { sortKeys } from '../../api/go-json.ts';

interface Order {
  readonly fields: readonly string[];
  /** What is below; values of other fields are maps. */
  readonly below?: Readonly<Record<string, Order>>;
}

const extensions: Order = { fields: ['name', 'extension'] };

const cluster: Order = {
  fields: [
    'server',
    'tls-server-name',
    'insecure-skip-tls-verify',
    'certificate-authority',
    'certificate-authority-data',
    'proxy-url',
    'disable-compression',
    'extensions',
  ],
  below: { extensions },
};

const exec: Order = {
  fields: [
    'command',
    'args',
    'env',
    'apiVersion',
    'installHint',
    'provideClusterInfo',
    'interactiveMode',
  ],
  below: { env: { fields: ['name', 'value'] } },
};

const user: Order = {
  fields: [
    'client-certificate',
    'client-certificate-data',
    'client-key',
    'client-key-data',
    'token',
    'tokenFile',
    'as',
    'as-uid',
    'as-groups',
    'as-user-extra',
    'username',
    'password',
    'auth-provider',
    'exec',
    'extensions',
  ],
  below: { 'auth-provider': { fields: ['name', 'config'] }, exec, extensions },
};

const context: Order = {
  fields: ['cluster', 'user', 'namespace', 'extensions'],
  below: { extensions },
};

const kubeconfig: Order = {
  fields: [
    'kind',
    'apiVersion',
    'preferences',
    'clusters',
    'users',
    'contexts',
    'current-context',
    'extensions',
  ],
  below: {
    preferences: { fields: ['colors', 'extensions'], below: { extensions } },
    clusters: { fields: ['name', 'cluster'], below: { cluster } },
    users: { fields: ['name', 'user'], below: { user } },
    contexts: { fields: ['name', 'context'], below: { context } },
    extensions,
  },
};

export const inFieldOrder = (config: unknown): unknown => ordered(config, kubeconfig);

function ordered(value: unknown, order: Order | undefined): unknown {
  if (order === undefined) return sortKeys(value);
  if (Array.isArray(value)) return value.map((each) => ordered(each, order));
  if (!isObject(value)) return value;
  const unknown = Object.keys(value).filter((field) => !order.fields.includes(field));
  const fields = [...order.fields, ...unknown.sort()].filter((field) => field in value);
  const entries = fields.map((field) => [field, ordered(value[field], order.below?.[field])]);
  return Object.fromEntries(entries) as unknown;
}
