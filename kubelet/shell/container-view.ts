/** A simulated container as its commands find it, made from what the API's objects say now. */
import { namespaceOf, uidOf } from '../../api/meta.ts';
import { nodes, persistentVolumeClaims, pods } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Container, Pod, Volume, VolumeMount } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ContainerRequest } from '../runtime.ts';
import { VolumeError } from '../process/config-error.ts';
import type { PodPlace } from '../process/downward.ts';
import { environmentOf } from '../process/environment.ts';
import { expand } from '../process/expansion.ts';
import { PodObjects } from '../process/pod-objects.ts';
import { type PayloadSources, volumePayload } from '../process/volumes/payload.ts';
import { PodTokens } from '../process/volumes/service-account-token.ts';
import { type DeclaredAnswer, declaredAnswers } from './answers.ts';
import type { ContainerUser, ContainerWorld } from './call.ts';
import { absolute, ContainerFiles, type Mount } from './container-files.ts';
import { ownFiles } from './own-files.ts';
import { MemoryFolder } from './memory-folder.ts';
import type { HollowVolumes } from './hollow-volumes.ts';

/** As its runtime knows it. */
export interface SimulatedContainer {
  readonly request: ContainerRequest;
  readonly startedAtMs: number;
  terminate(): void;
}

export interface Execution {
  readonly client: Client;
  readonly clock: Clock;
  readonly volumes: HollowVolumes;
  readonly container: SimulatedContainer;
  /** What commands wrote outside of volumes. */
  readonly layer: MemoryFolder;
}

export interface ContainerView {
  readonly world: ContainerWorld;
  readonly env: ReadonlyMap<string, string>;
  readonly answers: readonly DeclaredAnswer[];
  readonly cwd: string;
  /** Its own command; of an image's only the arguments are known. */
  readonly words: readonly string[];
}

/** As kubelets renew what is mounted of objects; but for a `subPath`, which stays as it was. */
export const RENEWAL_MS = 60_000;

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export async function containerView(
  execution: Execution,
  { tty }: { readonly tty: boolean },
): Promise<ContainerView> {
  const { client, clock, container: simulated, layer } = execution;
  const { request } = simulated;
  const pod = await currentPod(execution);
  const container = containerOf(pod, request.container);
  const place = await placeOf(execution, pod);
  const objects = new PodObjects(client, pod);
  const hostname = hostnameOf(pod);
  const user = userOf(pod, container);
  const home = { HOME: user.uid === 0 ? '/root' : '/' };
  const base = { PATH: DEFAULT_PATH, HOSTNAME: hostname, ...(tty ? { TERM: 'xterm' } : {}) };
  const env = await environmentOf({ pod, container, place, objects, base });
  for (const [name, value] of Object.entries(home)) if (!env.has(name)) env.set(name, value);
  const lookup = (name: string): string | undefined => env.get(name);
  const tokens = new PodTokens(clock, pod, objects);
  const sources = { pod, place, objects, token: tokens.token.bind(tokens) };
  const mounts = [
    ...mountsOf(container, { execution, sources, lookup }),
    ...ownFiles(pod, { hostname, podIp: place.podIp, atMs: simulated.startedAtMs }),
  ];
  const readOnlyRoot = container.securityContext?.readOnlyRootFilesystem === true;
  const words = [...(container.command ?? []), ...(container.args ?? [])].map((word) =>
    expand(word, lookup),
  );
  return {
    world: {
      clock,
      hostname,
      user,
      tty,
      startedAtMs: simulated.startedAtMs,
      files: new ContainerFiles({ mounts, own: layer, readOnlyRoot }),
      mainCommand:
        container.command === undefined
          ? [`{entrypoint of ${container.image}}`, ...words].join(' ')
          : words.join(' '),
      terminate: () => simulated.terminate(),
    },
    env,
    answers: declaredAnswers(pod.metadata.annotations, container.name),
    cwd: absolute(container.workingDir ?? '/', '/'),
    words,
  };
}

/** As it is now: labels, annotations and addresses change. A static pod is what it was. */
async function currentPod({ client, container }: Execution): Promise<Pod> {
  const { pod } = container.request;
  const { name = '' } = pod.metadata;
  try {
    const found = await client.get(pods, { namespace: namespaceOf(pod), name });
    return found.metadata.uid === pod.metadata.uid ? found : pod;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return pod;
    throw error;
  }
}

/** A command may begin before the pod's first status is written: its runtime knows the address. */
async function placeOf({ client, container }: Execution, { spec, status }: Pod): Promise<PodPlace> {
  const { status: { addresses, allocatable = {} } = {} } = await client.get(nodes, {
    name: spec.nodeName ?? '',
  });
  const hostIp = addresses?.find(({ type }) => type === 'InternalIP')?.address;
  return {
    podIp: status?.podIP ?? container.request.latest?.().status?.podIP ?? '',
    hostIp: status?.hostIP ?? hostIp ?? '',
    allocatable,
  };
}

function containerOf({ spec }: Pod, started: Container): Container {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  return all.find(({ name }) => name === started.name) ?? started;
}

/** As a Linux name of a host is cut (pkg/kubelet: 63 characters). */
function hostnameOf({ spec, metadata }: Pod): string {
  const whole = spec.hostname !== undefined && spec.hostname !== '' ? spec.hostname : metadata.name;
  return (whole ?? '').slice(0, 63).replace(/[-.]+$/, '');
}

function userOf({ spec }: Pod, { securityContext }: Container): ContainerUser {
  const {
    runAsUser: uid,
    runAsGroup: gid,
    fsGroup,
    supplementalGroups,
  } = spec.securityContext ?? {};
  return {
    uid: securityContext?.runAsUser ?? uid ?? 0,
    gid: securityContext?.runAsGroup ?? gid ?? 0,
    groups: [...(fsGroup === undefined ? [] : [fsGroup]), ...(supplementalGroups ?? [])],
  };
}

interface Mounting {
  readonly execution: Execution;
  readonly sources: PayloadSources;
  readonly lookup: (name: string) => string | undefined;
}

function mountsOf({ volumeMounts = [] }: Container, mounting: Mounting): Mount[] {
  const { spec } = mounting.sources.pod;
  return volumeMounts.flatMap((mount) => {
    const volume = spec.volumes?.find(({ name }) => name === mount.name);
    if (volume === undefined) return [];
    const same = volumeMounts.filter(({ name }) => name === mount.name);
    const folders = same.map((each) => partOf(each, mounting));
    return [mountOf(mount, volume, { ...mounting, folders })];
  });
}

/** What of its volume it shows; "": all of it. */
function partOf({ subPath, subPathExpr }: VolumeMount, { lookup }: Mounting): string {
  const asked = subPathExpr === undefined ? subPath : expand(subPathExpr, lookup);
  return absolute(asked ?? '', '/').slice(1);
}

/** `folders`: those that mounts of the volume show. The kubelet makes what is not there. */
function mountOf(
  mount: VolumeMount,
  volume: Volume,
  { folders, ...mounting }: Mounting & { readonly folders: readonly string[] },
): Mount {
  const { mountPath, readOnly = false } = mount;
  const { execution, sources } = mounting;
  const told = [volume.configMap, volume.secret, volume.downwardAPI, volume.projected];
  const isTold = told.some((source) => source !== undefined);
  const below = partOf(mount, mounting);
  const written = async (): Promise<MemoryFolder> => {
    const folder = await writtenFolder(volume, execution);
    for (const each of folders)
      if (each !== '' && folder.file(each) === undefined) folder.makeFolder(each);
    return folder;
  };
  const open = (): Promise<MemoryFolder> =>
    isTold ? toldFolder(volume, execution, sources) : written();
  const lastsMs = isTold && below === '' ? RENEWAL_MS : Infinity;
  return {
    path: absolute(mountPath, '/'),
    subPath: below,
    readOnly: readOnly || isTold,
    isTold,
    open: kept(open, lastsMs, execution.clock),
  };
}

/** What was found is what there is, for so long; and as long as nothing is found in its place. */
function kept<T>(open: () => Promise<T>, lastsMs: number, clock: Clock): () => Promise<T> {
  let last: { readonly found: Promise<T>; readonly atMs: number } | undefined;
  return () => {
    const now = clock.monotonic();
    if (last !== undefined && now - last.atMs < lastsMs) return last.found;
    const before = last?.found;
    const found = before === undefined ? open() : open().catch(() => before);
    const fresh = (last = { found, atMs: now });
    found.catch(() => {
      if (last === fresh) last = undefined;
    });
    return found;
  };
}

/** What API objects say is in it, as they are now. */
async function toldFolder(
  volume: Volume,
  execution: Execution,
  sources: PayloadSources,
): Promise<MemoryFolder> {
  const { clock } = execution;
  const pod = await currentPod(execution);
  const told = await volumePayload(volume, { ...sources, pod });
  const payload = told ?? new Map<string, never>();
  const atMs = clock.now();
  return new MemoryFolder([...payload].map(([name, file]) => [name, { ...file, atMs }] as const));
}

/** What commands have put there. */
async function writtenFolder(volume: Volume, execution: Execution): Promise<MemoryFolder> {
  const { client, volumes, container } = execution;
  const { pod } = container.request;
  const claim =
    volume.persistentVolumeClaim?.claimName ??
    (volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name}`);
  if (claim === undefined) {
    const { hostPath } = volume;
    if (hostPath !== undefined) return volumes.ofNode(pod.spec.nodeName ?? '', hostPath.path);
    return volumes.ofPod(uidOf(pod), volume.name);
  }
  const ref = { namespace: namespaceOf(pod), name: claim };
  const { spec } = await client.get(persistentVolumeClaims, ref);
  if (!spec?.volumeName) throw new VolumeError(`persistentvolumeclaim "${claim}" is not bound yet`);
  return volumes.persistent(spec.volumeName);
}
