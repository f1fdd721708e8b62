import type { Pod } from '../../api/types/core-v1.ts';
import type { Mutable } from '../../api/meta.ts';
import { pods } from '../../api/resources.ts';
import { resourcePath } from '../../api/resource.ts';
import { UsageError } from '../usage-error.ts';
import { containerName, customize, newContainer, variables } from './container.ts';
import { warnOfUser } from './not-root.ts';
import type { Debugged, DebugRequest } from './request.ts';
import { type OpenContainer, type OpenPod, profileNamed } from './profiles.ts';

/** A pod like the one given, with a container more or another image. */
export async function debugCopy(request: DebugRequest, live: Pod): Promise<Debugged> {
  const { session, line } = request;
  const { flags, given } = line;
  const pod = copyOf(live, flags['copy-to']);
  if (given.has('share-processes')) pod.spec.shareProcessNamespace = flags['share-processes'];
  if (!flags['same-node']) delete pod.spec.nodeName;
  setImages(pod, flags['set-image']);
  const container = await containerIn(request, pod);
  if (container !== undefined) {
    profileNamed(flags.profile)({ pod, container, style: 'copy', keep: flags });
    await customize(request, container);
    warnOfUser(session, pod, container);
  }
  const { namespace = '' } = live.metadata;
  const path = resourcePath(pods, { namespace });
  const created = (await session.api.send({ method: 'POST', path, body: pod })) as Pod;
  if (flags.replace) {
    await session.api.send({
      method: 'DELETE',
      path: resourcePath(pods, { namespace, name: live.metadata.name ?? '' }),
      body: { gracePeriodSeconds: 0 },
    });
  }
  return { pod: created, container: container?.name ?? '' };
}

function copyOf({ metadata, spec }: Pod, name: string): OpenPod {
  const { namespace, labels, annotations } = metadata;
  const { ephemeralContainers: _, ...rest } = spec;
  return structuredClone({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: rest,
  }) as OpenPod;
}

function setImages({ spec }: OpenPod, pairs: readonly string[]): void {
  const images = new Map(
    pairs.map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      if (equals <= 0) throw new UsageError(`${pair} must be formatted as key=value`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
  for (const container of spec.containers) {
    const image = images.get(container.name) ?? images.get('*');
    if (image !== undefined) container.image = image;
  }
}

/** The container to debug with: an old one that is changed, or a new one; undefined for neither. */
async function containerIn(
  request: DebugRequest,
  pod: OpenPod,
): Promise<OpenContainer | undefined> {
  const { flags } = request.line;
  const old = pod.spec.containers.find(({ name }) => name === flags.container);
  if (old !== undefined) {
    change(request, old);
    return old;
  }
  if (flags.image === '') {
    if (flags['set-image'].length > 0) return undefined;
    throw new UsageError('you must specify image when creating new container');
  }
  const name = await containerName(request, pod);
  const added = newContainer(request, name);
  pod.spec.containers.push(added);
  return added;
}

function change(
  request: DebugRequest,
  container: Mutable<Pod['spec']['containers'][number]>,
): void {
  const { args, line } = request;
  const { flags } = line;
  if (args.length > 0 && flags['arguments-only']) container.args = [...args];
  else if (args.length > 0) {
    container.command = [...args];
    delete container.args;
  }
  const env = variables(request);
  if (env.length > 0) container.env = env;
  if (flags.image !== '') container.image = flags.image;
  if (flags['image-pull-policy'] !== '') container.imagePullPolicy = flags['image-pull-policy'];
  container.stdin = flags.stdin;
  container.tty = flags.tty;
}
