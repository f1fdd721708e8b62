/** The files of configMap, secret, downwardAPI and projected volumes, as values. */
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Volume,
  VolumeProjection,
} from '../../../api/types/core-v1.ts';
import { VolumeError } from '../config-error.ts';
import { fieldOf, resourceOf, type PodPlace } from '../downward.ts';
import type { Keys, PodObjects } from '../pod-objects.ts';

export interface PayloadFile {
  readonly bytes: Buffer;
  readonly mode: number;
}

/** By path below the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface PayloadSources {
  readonly pod: Pod;
  readonly place: PodPlace;
  readonly objects: PodObjects;
  /** A token of the pod's service account, kept until it is to be renewed. */
  token(asked: TokenAsked): Promise<string>;
}

export interface TokenAsked {
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

interface KeysAsked {
  readonly kind: 'configmap' | 'secret';
  readonly name: string;
  readonly optional: boolean;
  readonly items: readonly KeyToPath[] | undefined;
  readonly mode: number;
}

async function keysPayload(asked: KeysAsked, objects: PodObjects): Promise<Payload> {
  const { kind, name, optional, items, mode } = asked;
  const keys: Keys | undefined = await (kind === 'secret'
    ? objects.secret(name)
    : objects.configMap(name));
  if (keys === undefined) {
    if (optional) return new Map();
    throw new VolumeError(`${kind} "${name}" not found`);
  }
  if (items === undefined || items.length === 0)
    return new Map([...keys].map(([key, bytes]) => [key, { bytes, mode }]));
  const files = new Map<string, PayloadFile>();
  for (const item of items) {
    const bytes = keys.get(item.key);
    if (bytes !== undefined) files.set(item.path, { bytes, mode: item.mode ?? mode });
    else if (!optional)
      throw new VolumeError(
        kind === 'secret'
          ? `references non-existent secret key: ${item.key}`
          : `configmap references non-existent config key: ${item.key}`,
      );
  }
  return files;
}

function downwardPayload(
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  { pod, place }: PayloadSources,
): Payload {
  return new Map(
    items.map(({ path, fieldRef, resourceFieldRef, mode: own = mode }) => {
      const of = pod.spec.containers.find(({ name }) => name === resourceFieldRef?.containerName);
      const text =
        fieldRef !== undefined
          ? fieldOf(pod, place, fieldRef.fieldPath)
          : of === undefined || resourceFieldRef === undefined
            ? ''
            : resourceOf(of, place, resourceFieldRef);
      return [path, { bytes: Buffer.from(text), mode: own }];
    }),
  );
}

const DEFAULT_MODE = 0o644;

/** Undefined: what is in such a volume is not told by API objects. */
export async function volumePayload(
  { configMap, secret, downwardAPI, projected }: Volume,
  sources: PayloadSources,
): Promise<Payload | undefined> {
  const { objects } = sources;
  if (configMap !== undefined) {
    const { name = '', optional = false, items, defaultMode: mode = DEFAULT_MODE } = configMap;
    return keysPayload({ kind: 'configmap', name, optional, items, mode }, objects);
  }
  if (secret !== undefined) {
    const { secretName = '', optional = false, items, defaultMode: mode = DEFAULT_MODE } = secret;
    return keysPayload({ kind: 'secret', name: secretName, optional, items, mode }, objects);
  }
  if (downwardAPI !== undefined) {
    const { items = [], defaultMode: mode = DEFAULT_MODE } = downwardAPI;
    return downwardPayload(items, mode, sources);
  }
  if (projected === undefined) return undefined;
  return projectedPayload(projected.sources ?? [], projected.defaultMode ?? DEFAULT_MODE, sources);
}

async function projectedPayload(
  projections: readonly VolumeProjection[],
  mode: number,
  sources: PayloadSources,
): Promise<Payload> {
  const files = new Map<string, PayloadFile>();
  for (const projection of projections)
    for (const [path, file] of await projected(projection, mode, sources)) files.set(path, file);
  return files;
}

async function projected(
  { configMap, secret, downwardAPI, serviceAccountToken, ...others }: VolumeProjection,
  mode: number,
  sources: PayloadSources,
): Promise<Payload> {
  const { objects } = sources;
  if (configMap !== undefined) {
    const { name = '', optional = false, items } = configMap;
    return keysPayload({ kind: 'configmap', name, optional, items, mode }, objects);
  }
  if (secret !== undefined) {
    const { name = '', optional = false, items } = secret;
    return keysPayload({ kind: 'secret', name, optional, items, mode }, objects);
  }
  if (downwardAPI !== undefined) return downwardPayload(downwardAPI.items ?? [], mode, sources);
  if (serviceAccountToken !== undefined) {
    const { audience, expirationSeconds = 3600, path } = serviceAccountToken;
    const token = await sources.token({ audience, expirationSeconds });
    return new Map([[path, { bytes: Buffer.from(token), mode: 0o600 }]]);
  }
  const [field = ''] = Object.keys(others);
  throw new VolumeError(`projected.sources.${field} is not supported by the process runtime`);
}
