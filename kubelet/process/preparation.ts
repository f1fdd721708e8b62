/**
 * What has to be there before a container runs: its folders, volumes, ports and variables.
 *
 * Without mount namespaces nothing can be put at an absolute path for one process alone. Each run
 * has a root folder, `$WHERRY_ROOT`, in which its mounts stand at their paths, as links; it is the
 * working directory unless the container names another.
 */
import type { Container, Pod, VolumeMount } from '../../api/types/core-v1.ts';
import { ContainerConfigError, UnsupportedError, VolumeError } from './config-error.ts';
import { environmentOf } from './environment.ts';
import { expand } from './expansion.ts';
import type { PodObjects } from './pod-objects.ts';
import type { Ports } from './port-book.ts';
import { CONTAINER_VARIABLE, type ProcessHost } from './process-host.ts';
import { messageFile } from './termination-message.ts';
import type { PodVolumes } from './volumes/pod-volumes.ts';

export interface PreparedContainer {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly root: string;
}

export interface Preparation {
  readonly host: ProcessHost;
  readonly pod: Pod;
  readonly container: Container;
  readonly objects: PodObjects;
  readonly volumes: PodVolumes;
  readonly ports: Ports;
  /** Of this run. */
  readonly folder: string;
}

/** Throws for what the process runtime will never do; the message names the field. */
export function refuse(container: Container): void {
  const { name, image = '', command = [], args = [], volumeDevices = [] } = container;
  // As of an image without an entrypoint: what is given as arguments is the command.
  if (command.length === 0 && args.length === 0)
    throw new UnsupportedError(
      `container ${name} has no command: nodes of the process runtime pull no images, so the ` +
        `program of image "${image}" is not known; set spec.containers[].command`,
    );
  if (volumeDevices.length > 0)
    throw new UnsupportedError(
      `container ${name}: spec.containers[].volumeDevices: the process runtime has no devices`,
    );
}

/** Fields that ask for what nothing here enforces. */
export function ignoredFields(pod: Pod, container: Container): string[] {
  const of = (at: string, value: object | undefined): string[] =>
    Object.keys(value ?? {}).map((key) => `${at}.${key}`);
  return [
    ...of('spec.securityContext', pod.spec.securityContext),
    ...of('spec.containers[].securityContext', container.securityContext),
    ...of('spec.containers[].resources.limits', container.resources?.limits).filter(
      (field) => !/\.(memory|ephemeral-storage)$/.test(field),
    ),
    ...(pod.spec.hostAliases === undefined ? [] : ['spec.hostAliases']),
    ...(pod.spec.dnsConfig === undefined ? [] : ['spec.dnsConfig']),
  ];
}

export async function prepare(preparation: Preparation): Promise<PreparedContainer> {
  const { host, pod, container, objects, ports, folder } = preparation;
  const { files } = host;
  const root = `${folder}/root`;
  await files.makeFolder(root, 0o755);
  const own = { [CONTAINER_VARIABLE]: folder, WHERRY_ROOT: root };
  const base = { ...host.env, ...portVariables(ports), ...own, HOSTNAME: hostnameOf(pod) };
  const variables = await environmentOf({
    pod,
    container,
    objects,
    place: host.place,
    base: container.tty === true ? { TERM: 'xterm', ...base } : base,
  });
  for (const [name, value] of Object.entries(own)) variables.set(name, value);
  const lookup = (name: string): string | undefined => variables.get(name);
  const mounts = [...(container.volumeMounts ?? [])].sort(
    (a, b) => a.mountPath.length - b.mountPath.length,
  );
  for (const mount of mounts) await link(preparation, { mount, root, lookup });
  const message = messageFile(root, container);
  await files.makeFolder(message.slice(0, message.lastIndexOf('/')));
  await files.write(message, '', 0o644);
  return {
    command: [...(container.command ?? []), ...(container.args ?? [])].map((word) =>
      expand(word, lookup),
    ),
    env: Object.fromEntries(variables),
    cwd: await workingDirectory(host, root, container.workingDir),
    root,
  };
}

const hostnameOf = ({ spec, metadata }: Pod): string => spec.hostname ?? metadata.name ?? '';

function portVariables(ports: Ports): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [declared, real] of ports) {
    variables['PORT'] ??= String(real);
    variables[`WHERRY_PORT_${declared}`] = String(real);
  }
  return variables;
}

async function link(
  { host, volumes }: Preparation,
  {
    mount,
    root,
    lookup,
  }: { mount: VolumeMount; root: string; lookup: (n: string) => string | undefined },
): Promise<void> {
  const { files } = host;
  const path = mount.mountPath.replace(/\/+$/, '').replace(/^\/*/, '/');
  if (path.split('/').includes('..'))
    throw new UnsupportedError(`mountPath ${mount.mountPath} must not contain ".."`);
  if (path === '/') throw new UnsupportedError('mountPath "/" cannot be a volume');
  let source = await volumes.path(mount.name);
  const below = mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, lookup);
  if (below !== undefined && below !== '') {
    if (below.split('/').includes('..')) throw new VolumeError('subPath must not contain ".."');
    source = `${source}/${below}`;
    if ((await files.kindOf(source)) === undefined) await files.makeFolder(source, 0o755);
  }
  const target = `${root}${path}`;
  await files.makeFolder(target.slice(0, target.lastIndexOf('/')));
  await files.link(target, source);
}

/** Below the root if a mount made it there, else on the machine, else made below the root. */
async function workingDirectory(
  { files }: ProcessHost,
  root: string,
  asked: string | undefined,
): Promise<string> {
  if (asked === undefined || asked === '') return root;
  const below = `${root}/${asked.replace(/^\/+/, '')}`;
  if ((await files.kindOf(below)) === 'folder') return below;
  if (asked.startsWith('/')) {
    const kind = await files.kindOf(asked);
    if (kind === 'folder') return asked;
    if (kind !== undefined) throw new ContainerConfigError(`workingDir ${asked} is no folder`);
  }
  await files.makeFolder(below);
  return below;
}
