import type { KubernetesObject } from '../../api/meta.ts';
import { command } from '../command.ts';
import { array, boolean, duration, text } from '../flags/flag.ts';
import { createObject } from '../generate/generator.ts';
import { parsePairs } from '../generate/pairs.ts';
import { outputFlags } from '../printers/change-printer.ts';
import { dryRunFlag, fieldManagerFlag } from '../resource/flags.ts';
import { UsageError } from '../usage-error.ts';
import { parseYaml } from '../../api/yaml.ts';

/** Creates a pod. To attach to it (-i, -t, --rm) the server must serve attach. */
export const run = command({
  usage: 'NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [options]',
  flags: {
    ...dryRunFlag,
    ...outputFlags,
    ...fieldManagerFlag('kubectl-run'),
    annotations: array('An annotation of the pod: key=value'),
    command: boolean('The words after -- are the command, not its arguments'),
    env: array('A variable of the container: KEY=VALUE'),
    expose: boolean('Create a service for the pod, too; needs --port'),
    image: text('Image of the container'),
    'image-pull-policy': text('"Always", "IfNotPresent" or "Never"'),
    labels: text('Labels of the pod: key=value,...', { shorthand: 'l' }),
    overrides: text('JSON merged over the generated object'),
    port: text('Port that the container serves'),
    privileged: boolean('Run the container privileged'),
    'pod-running-timeout': duration('Accepted for compatibility', { valueMs: 60_000 }),
    restart: text('"Always", "OnFailure" or "Never"', { value: 'Always' }),
    'save-config': boolean('Keep the configuration in an annotation, for a later apply'),
  },
  async run(session, { words, flags, given }) {
    const [name, ...args] = words;
    if (flags.image === '') throw new UsageError('required flag(s) "image" not set');
    if (name === undefined) {
      throw new UsageError(
        "NAME is required for run\nSee 'kubectl-lite run -h' for help and examples",
      );
    }
    const labels = flags.labels === '' ? { run: name } : parsePairs(flags.labels, 'label');
    const annotations = Object.fromEntries(
      flags.annotations.map((pair) => split(pair, 'annotation')),
    );
    const env = flags.env
      .map((pair) => split(pair, 'env'))
      .map(([key, value]) => ({ name: key, value }));
    const container = {
      ...(args.length > 0 ? (flags.command ? { command: args } : { args }) : {}),
      ...(env.length > 0 ? { env } : {}),
      image: flags.image,
      ...(flags['image-pull-policy'] === '' ? {} : { imagePullPolicy: flags['image-pull-policy'] }),
      name,
      ...(flags.port === '' ? {} : { ports: [{ containerPort: Number(flags.port) }] }),
      resources: {},
      ...(given.has('privileged') ? { securityContext: { privileged: flags.privileged } } : {}),
    };
    const inNamespace = session.namespaceGiven || session.namespace !== 'default';
    let pod: unknown = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...(flags.annotations.length === 0 ? {} : { annotations }),
        creationTimestamp: null,
        labels,
        name,
        ...(inNamespace ? { namespace: session.namespace } : {}),
      },
      spec: { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy: flags.restart },
      status: {},
    };
    if (flags.overrides !== '') {
      const { applyMergePatch } = await import('../../api/patch/merge-patch.ts');
      pod = applyMergePatch(pod, parseYaml(flags.overrides));
    }
    if (flags.expose && flags.port === '') {
      throw new UsageError('--port must be set when exposing a service');
    }
    if (flags.expose) {
      await createObject(session, serviceOf(name, labels, Number(flags.port)), {
        flags,
        inNamespace: true,
        noun: null,
      });
    }
    return createObject(session, pod as KubernetesObject, {
      flags,
      inNamespace: true,
      noun: null,
    });
  },
});

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
