/** create deployment, job, cronjob: a pod template of images around a command. */
import type { KubernetesObject } from '../../api/meta.ts';
import { integer, list, text } from '../flags/flag.ts';
import { locate } from '../resource/builder.ts';
import { readLive } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';

/** "docker.io/library/nginx:1.27" → "nginx" */
const containerName = (image: string): string =>
  image
    .split('/')
    .at(-1)!
    .split(/[:@]/)[0]!
    .toLowerCase()
    .replaceAll(/[^-a-z0-9]/g, '-');

const none = { creationTimestamp: null as never };

function required(image: unknown, name: string): void {
  const missing = image === '' || (Array.isArray(image) && image.length === 0);
  if (missing) throw new UsageError(`required flag(s) "${name}" not set`);
}

export const createDeployment = generatorCommand({
  usage: 'NAME --image=image -- [COMMAND] [args...] [options]',
  flags: {
    image: list('Images of the containers'),
    port: integer('Port that the container serves', { value: -1 }),
    replicas: integer('Number of replicas', { value: 1, shorthand: 'r' }),
  },
  namespaced: true,
  takesWords: true,
  generate({ name, words, flags }) {
    required(flags.image, 'image');
    if (flags.image.length > 1 && words.length > 0) {
      throw new UsageError('cannot specify multiple --image options and command');
    }
    const labels = { app: name };
    const ports = flags.port < 0 ? {} : { ports: [{ containerPort: flags.port }] };
    const containers = flags.image.map((image) => ({
      ...(words.length > 0 ? { command: words } : {}),
      image,
      name: containerName(image),
      ...ports,
      resources: {},
    }));
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...none, labels, name },
      spec: {
        replicas: flags.replicas,
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { ...none, labels }, spec: { containers } },
      },
      status: {},
    } as KubernetesObject;
  },
});

const jobSpec = (name: string, image: string, words: readonly string[]): object => ({
  ...none,
  spec: {
    containers: [{ ...(words.length > 0 ? { command: words } : {}), image, name, resources: {} }],
    restartPolicy: 'Never',
  },
});

export const createJob = generatorCommand({
  usage: 'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...] [options]',
  flags: { from: text('A cron job to start once, as "cronjob/name"'), image: text('Image') },
  namespaced: true,
  takesWords: true,
  async generate({ name, words, flags, session }) {
    if ((flags.image === '') === (flags.from === '')) {
      throw new UsageError('either --image or --from must be specified');
    }
    if (flags.from !== '') return jobFrom(session, name, flags.from);
    const { spec, ...metadata } = jobSpec(name, flags.image, words) as { spec: object };
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { ...none, name },
      spec: { template: { metadata, spec } },
      status: {},
    } as KubernetesObject;
  },
});

async function jobFrom(session: Session, name: string, from: string): Promise<KubernetesObject> {
  const { located } = await locate(session, { words: [from] });
  const live = (await readLive(session, located[0]!)) as KubernetesObject & {
    spec: { jobTemplate: { metadata?: { annotations?: object; labels?: object }; spec: object } };
  };
  if (live.kind !== 'CronJob') throw new UsageError('from must be an existing cronjob');
  const { metadata = {}, spec } = live.spec.jobTemplate;
  const { template } = spec as { template: { metadata?: object } };
  const owner = { apiVersion: live.apiVersion, controller: true, kind: live.kind };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...metadata.annotations },
      ...none,
      ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
      name,
      ownerReferences: [{ ...owner, name: live.metadata.name, uid: live.metadata.uid }],
    },
    spec: { ...spec, template: { ...template, metadata: { ...none, ...template.metadata } } },
    status: {},
  } as KubernetesObject;
}

export const createCronJob = generatorCommand({
  usage: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [options]",
  flags: {
    image: text('Image'),
    restart: text('"OnFailure" or "Never"', { value: 'OnFailure' }),
    schedule: text('When, in cron form'),
  },
  namespaced: true,
  takesWords: true,
  generate({ name, words, flags }) {
    required(flags.image, 'image');
    required(flags.schedule, 'schedule');
    const { spec } = jobSpec(name, flags.image, words) as { spec: object };
    const podSpec = { ...spec, restartPolicy: flags.restart };
    return {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { ...none, name },
      spec: {
        jobTemplate: {
          metadata: { ...none, name },
          spec: { template: { metadata: none, spec: podSpec } },
        },
        schedule: flags.schedule,
      },
      status: {},
    } as KubernetesObject;
  },
});
