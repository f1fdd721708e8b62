/**
 * The file that `wherry up --config` reads: the same names as its flags, in YAML, and further flags
 * for the components.
 *
 *     nodes: 5
 *     separate: true
 *     storeMembers: 3
 *     extraArgs:
 *       scheduler: { config: ./scheduler.yaml }
 */
import { Ajv, type ErrorObject } from 'ajv';
import { load } from 'js-yaml';
import { runtimeNames } from '../kubelet/runtimes-by-class.ts';
import { logLevels } from '../platform/node/logger.ts';
import type { Disk } from '../platform/files/disk.ts';
import { ClusterError } from './failure.ts';
import { leftOut } from './options.ts';
import type { UpFlags } from './up-flags.ts';

const port = { type: 'integer', minimum: 0, maximum: 65_535 } as const;
const flagsOf = {
  type: 'object',
  description: 'flags by name, without the dashes',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
} as const;

/** JSON schema of the file; the reference in docs/ is made from it. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    dataDir: { type: 'string', minLength: 1, description: 'where the cluster keeps its data' },
    port: { ...port, description: 'port of the API server; 0 takes a free one' },
    storePort: { ...port, description: 'port of the store; 0 takes a free one' },
    nodes: { type: 'integer', minimum: 0, maximum: 5000, description: 'simulated nodes' },
    controlPlaneNode: {
      type: 'boolean',
      description: 'a node `master`, which shows the components as pods of kube-system',
    },
    stages: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'files of stages: what becomes of simulated pods and nodes',
    },
    runtime: { enum: [...runtimeNames], description: 'what containers are' },
    separate: { type: 'boolean', description: 'run each component as a process of its own' },
    storeMembers: { enum: [1, 3, 5], description: 'members of the store' },
    apiservers: { type: 'integer', minimum: 1, maximum: 9, description: 'API servers' },
    etcdServers: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', pattern: '^https?://' },
      description: 'an etcd to use in place of a store of our own',
    },
    schedulerConfig: { type: 'string', minLength: 1, description: 'a KubeSchedulerConfiguration' },
    schedulerPlugins: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1 },
      description: 'JavaScript modules that export plugins for it',
    },
    without: {
      type: 'array',
      items: { enum: [...leftOut] },
      description: 'components left out, for programs of your own',
    },
    logLevel: { enum: [...logLevels], description: 'least level logged' },
    extraArgs: {
      type: 'object',
      description: 'further flags of components, which then run as processes of their own',
      additionalProperties: false,
      properties: {
        store: flagsOf,
        apiserver: flagsOf,
        controllers: flagsOf,
        scheduler: flagsOf,
        kubelet: flagsOf,
      },
    },
  },
} as const;

interface ConfigFile extends Partial<Omit<UpFlags, 'extraArgs'>> {
  readonly extraArgs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Rejects with a {@link ClusterError} that names the file and the field. */
export async function readConfigFile(disk: Disk, path: string): Promise<Partial<UpFlags>> {
  const fail = (why: string): never => {
    throw new ClusterError(`--config ${path}: ${why}`);
  };
  const bytes = await disk.read(path).catch((error: Error) => fail(error.message));
  if (bytes === undefined) return fail('there is no such file');
  let value: unknown;
  try {
    value = load(Buffer.from(bytes).toString('utf8'), { filename: path }) ?? {};
  } catch (error) {
    return fail((error as Error).message.split('\n')[0]!);
  }
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  const validate = ajv.compile<ConfigFile>(configSchema);
  if (!validate(value)) return fail((validate.errors ?? []).map(sentence).join('; '));
  const { extraArgs, ...flags } = value;
  if (extraArgs === undefined) return flags;
  const lists = Object.entries(extraArgs).map(([component, args]) => [
    component,
    Object.entries(args).map(([name, flag]) => `--${name}=${String(flag)}`),
  ]);
  return { ...flags, extraArgs: Object.fromEntries(lists) as NonNullable<UpFlags['extraArgs']> };
}

function sentence({ instancePath, keyword, params, message }: ErrorObject): string {
  const field = instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'additionalProperties') {
    const name = [field, params['additionalProperty']].filter((part) => part !== '').join('.');
    return `unknown field ${name}`;
  }
  const allowed =
    keyword === 'enum' ? `: ${(params['allowedValues'] as unknown[]).join(', ')}` : '';
  return `${field === '' ? 'the file' : field} ${message}${allowed}`;
}
