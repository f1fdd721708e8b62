import type { KubernetesObject } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { command, type Line } from '../command.ts';
import { array, boolean, duration, integer, text } from '../flags/flag.ts';
import { createObject } from '../generate/generator.ts';
import { overridden, overridesFlags } from '../generate/overrides.ts';
import { parsePairs } from '../generate/pairs.ts';
import { outputFlags } from '../printers/change-printer.ts';
import { dryRunFlag, fieldManagerFlag, filenameFlags } from '../resource/flags.ts';
import { isImageReference } from '../resource/image-reference.ts';
import { UsageError } from '../usage-error.ts';

const runFlags = {
  ...filenameFlags,
  ...dryRunFlag,
  ...outputFlags,
  ...overridesFlags,
  ...fieldManagerFlag('kubectl-run'),
  annotations: array('An annotation of the pod: key=value'),
  attach: boolean('Wait for the pod to run, and attach to it; with -i it is the default'),
  cascade: text('With --rm: what becomes of the dependents', {
    value: 'background',
    alone: 'background',
  }),
  command: boolean('The words after -- are the command, not its arguments'),
  env: array('A variable of the container: KEY=VALUE'),
  expose: boolean('Create a service for the pod, too; needs --port'),
  force: boolean('With --rm: remove from the API at once'),
  'grace-period': integer('With --rm: seconds for the pod to end', { value: -1 }),
  image: text('Image of the container'),
  'image-pull-policy': text('"Always", "IfNotPresent" or "Never"'),
  labels: text('Labels of the pod: key=value,...', { shorthand: 'l' }),
  'leave-stdin-open': boolean('Keep standard input open after the first attach has ended'),
  'pod-running-timeout': duration('How long to wait until the pod runs', { valueMs: 60_000 }),
  port: text('Port that the container serves'),
  privileged: boolean('Run the container privileged'),
  quiet: boolean('Print only what the container prints', { shorthand: 'q' }),
  restart: text('"Always", "OnFailure" or "Never"', { value: 'Always' }),
  rm: boolean('Delete what was created when the attached session ends'),
  'save-config': boolean('Keep the configuration in an annotation, for a later apply'),
  stdin: boolean('Keep standard input of the container open', { shorthand: 'i' }),
  timeout: duration('Accepted for compatibility: --rm does not wait'),
  tty: boolean('Give the container a terminal', { shorthand: 't' }),
  wait: boolean('Accepted for compatibility: --rm does not wait'),
} as const;

type RunLine = Line<typeof runFlags>;

/** Creates a pod and, with -i, -t or --attach, talks to it. */
export const run = command({
  usage: 'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [options]',
  flags: runFlags,
  async run(session, line) {
    const { flags, given } = line;
    const attaches = given.has('attach') ? flags.attach : flags.stdin;
    const name = checkedName(line, attaches);
    const labels = flags.labels === '' ? { run: name } : parsePairs(flags.labels, 'label');
    const namespace = session.namespaceGiven && session.namespace;
    const generated = podOf(line, { name, labels, namespace });
    const pod = await overridden(generated, flags);
    const create = async (object: KubernetesObject): Promise<KubernetesObject> => {
      let created = object;
      await createObject(session, object, {
        flags,
        inNamespace: true,
        noun: null,
        onCreated: (made) => (created = made),
        silent: attaches,
      });
      return created;
    };
    const service = flags.expose ? serviceOf(name, labels, Number(flags.port)) : undefined;
    const created = [await create(pod)];
    if (service !== undefined) created.push(await create(service));
    if (!attaches) return 0;
    const { attachToRun } = await import('../pods/attach-to-run.ts');
    return attachToRun(session, created as [Pod, ...KubernetesObject[]], flags);
  },
});

function checkedName({ words, flags, wordsBeforeDash }: RunLine, attaches: boolean): string {
  const [name] = words;
  if (flags.image === '') throw new UsageError('required flag(s) "image" not set');
  if (name === undefined || wordsBeforeDash === 0) {
    throw new UsageError(
      "NAME is required for run\nSee 'kubectl-lite run -h' for help and examples",
    );
  }
  if (!isImageReference(flags.image)) {
    const image = JSON.stringify(flags.image);
    throw new UsageError(`Invalid image name ${image}: invalid reference format`);
  }
  if (flags.tty && !flags.stdin) {
    throw new UsageError('-i/--stdin is required for containers with -t/--tty=true', {
      seeHelp: true,
    });
  }
  if (flags.expose && flags.port === '') {
    throw new UsageError('--port must be set when exposing a service');
  }
  if (flags.port !== '' && !/^\d+$/.test(flags.port)) {
    throw new UsageError(`strconv.Atoi: parsing ${JSON.stringify(flags.port)}: invalid syntax`);
  }
  if (!['', 'Always', 'OnFailure', 'Never'].includes(flags.restart)) {
    throw new UsageError(`invalid restart policy: ${flags.restart}`, { seeHelp: true });
  }
  if (!attaches && flags.rm) {
    throw new UsageError('--rm should only be used for attached containers', { seeHelp: true });
  }
  if (attaches && flags['dry-run'] !== 'none') {
    throw new UsageError(
      "--dry-run=[server|client] can't be used with attached containers options (--attach, " +
        '--stdin, or --tty)',
      { seeHelp: true },
    );
  }
  return name;
}

function podOf(
  { words, flags, given }: RunLine,
  about: { readonly name: string; readonly labels: object; readonly namespace: string | false },
): KubernetesObject {
  const { name, labels, namespace } = about;
  const args = words.slice(1);
  const env = flags.env
    .map((pair) => split(pair, 'env'))
    .map(([key, value]) => ({ name: key, value }));
  const annotations = Object.fromEntries(
    flags.annotations.map((pair) => split(pair, 'annotation')),
  );
  const container = {
    ...(args.length > 0 ? (flags.command ? { command: args } : { args }) : {}),
    ...(env.length > 0 ? { env } : {}),
    image: flags.image,
    ...(flags['image-pull-policy'] === '' ? {} : { imagePullPolicy: flags['image-pull-policy'] }),
    name,
    ...(flags.port === '' ? {} : { ports: [{ containerPort: Number(flags.port) }] }),
    resources: {},
    ...(given.has('privileged') ? { securityContext: { privileged: flags.privileged } } : {}),
    ...(flags.stdin ? { stdin: true } : {}),
    ...(flags.stdin && !flags['leave-stdin-open'] ? { stdinOnce: true } : {}),
    ...(flags.tty ? { tty: true } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(flags.annotations.length === 0 ? {} : { annotations }),
      creationTimestamp: null,
      labels,
      name,
      ...(namespace === false ? {} : { namespace }),
    },
    spec: { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy: flags.restart },
    status: {},
  } as unknown as KubernetesObject;
}

function split(pair: string, what: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals <= 0) throw new UsageError(`invalid ${what}: ${pair}`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

function serviceOf(name: string, selector: object, port: number): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port, protocol: 'TCP', targetPort: port }], selector },
  } as KubernetesObject;
}
