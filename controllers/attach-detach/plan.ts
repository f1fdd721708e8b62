/** Which volumes a node is to have attached, and which it is to lose. */
import { nameOf, namespaceOf } from '../../api/meta.ts';
import type { AttachedVolume, Node, PersistentVolume, Pod } from '../../api/types/core-v1.ts';
import type { VolumeAttachment } from '../../api/types/storage-v1.ts';

/** Nodes of agents that leave attaching to this controller carry it, whatever it says. */
export const MANAGED = 'volumes.kubernetes.io/controller-managed-attach-detach';
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
/** As --attach-detach-…: after so long a node that is not ready is not asked any more. */
export const FORCE_AFTER_MS = 6 * 60_000;

/** A volume that pods of one node want there. */
export interface Wanted {
  readonly volume: PersistentVolume;
  readonly pods: readonly Pod[];
}

/** As Kubernetes calls a volume of a CSI driver in a node's status. */
export function uniqueNameOf({ spec }: PersistentVolume): string {
  return `kubernetes.io/csi/${spec.csi?.driver}^${spec.csi?.volumeHandle}`;
}

/** What the name of its VolumeAttachment is the SHA-256 of. */
export function attachmentSeed({ spec }: PersistentVolume, node: string): string {
  return `${spec.csi?.volumeHandle}${spec.csi?.driver}${node}`;
}

/** The volume may be on one node only, for all that it says. */
export function isExclusive({ spec }: PersistentVolume): boolean {
  const modes = spec.accessModes ?? [];
  return modes.length > 0 && !modes.some((mode) => /^Read(Write|Only)Many$/.test(mode));
}

/** True while the pod's containers may still use its volumes. */
export function usesVolumes({ metadata, status }: Pod): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  if (metadata.deletionTimestamp === undefined) return true;
  const { initContainerStatuses = [], containerStatuses = [] } = status ?? {};
  const all = [...initContainerStatuses, ...containerStatuses];
  return [...all, ...(status?.ephemeralContainerStatuses ?? [])].some(
    ({ state }) => state?.running !== undefined,
  );
}

export interface NodeVolumes {
  /** Undefined if it is gone. */
  readonly node: Node | undefined;
  /** By the name of the attachment. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  /** This controller's attachments of the node. */
  readonly attachments: readonly VolumeAttachment[];
  /** The node's own attachments aside, those of a volume. */
  readonly elsewhere: (volume: string) => readonly VolumeAttachment[];
  /** What a node calls the volume of an attachment; undefined if the volume is gone. */
  readonly uniqueName: (attachment: VolumeAttachment) => string | undefined;
  /** For how long nobody wants that attachment. */
  readonly unwantedMs: (attachment: string) => number;
}

export interface AttachPlan {
  readonly attach: readonly (readonly [name: string, wanted: Wanted])[];
  /** They wait for other nodes. */
  readonly blocked: readonly (readonly [name: string, wanted: Wanted])[];
  /** To be deleted, once the node's status does not tell of them. */
  readonly detach: readonly VolumeAttachment[];
  /** `node.status.volumesAttached`, if it is to change. */
  readonly report: readonly AttachedVolume[] | undefined;
  /** When a volume is taken away from a node that does not answer. */
  readonly waitMs: number | undefined;
}

export function planNode(state: NodeVolumes): AttachPlan {
  const { node, wanted, attachments, elsewhere } = state;
  const there = new Set(attachments.map(nameOf));
  const missing = [...wanted].filter(([name]) => !there.has(name));
  const isBlocked = ({ volume }: Wanted): boolean =>
    isExclusive(volume) && elsewhere(nameOf(volume)).length > 0;
  const isLeaving = ({ metadata }: VolumeAttachment): boolean =>
    metadata.deletionTimestamp !== undefined;
  const unwanted = attachments.filter((each) => !wanted.has(nameOf(each)) && !isLeaving(each));
  const waits = unwanted.map((each) => ({ each, ms: waitOf(state, each) }));
  const detach = waits.filter(({ ms }) => ms === 0).map(({ each }) => each);
  const stay = attachments.filter((each) => !isLeaving(each) && !detach.includes(each));
  const limited = waits.map(({ ms }) => ms).filter((ms) => ms > 0 && ms < Infinity);
  return {
    attach: missing.filter(([, each]) => !isBlocked(each)),
    blocked: missing.filter(([, each]) => isBlocked(each)),
    detach,
    report: node && changedReport(node, stay, state),
    waitMs: limited.length === 0 ? undefined : Math.min(...limited),
  };
}

/** 0: now; Infinity: when the node's status changes. */
function waitOf({ node, uniqueName, unwantedMs }: NodeVolumes, each: VolumeAttachment): number {
  const name = uniqueName(each);
  const isUsed = node === undefined || (node.status?.volumesInUse ?? []).some((n) => n === name);
  const isTainted = node?.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false;
  if (!isUsed || isTainted) return 0;
  const conditions = node?.status?.conditions ?? [];
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady ? Infinity : Math.max(0, FORCE_AFTER_MS - unwantedMs(nameOf(each)));
}

function changedReport(
  node: Node,
  stay: readonly VolumeAttachment[],
  { uniqueName }: NodeVolumes,
): readonly AttachedVolume[] | undefined {
  const names = stay
    .filter(({ status }) => status?.attached === true)
    .flatMap((each) => uniqueName(each) ?? []);
  const told = (node.status?.volumesAttached ?? []).map(({ name }) => name);
  const same = told.length === names.length && names.every((name) => told.includes(name));
  return same ? undefined : names.sort().map((name) => ({ name, devicePath: '' }));
}

/** What the pod is told whose volume is on another node; `others` use it there. */
export function multiAttachMessage(
  volume: PersistentVolume,
  pod: Pod,
  others: readonly Pod[],
): string {
  const prefix = `Multi-Attach error for volume "${nameOf(volume)}" Volume is already`;
  if (others.length === 0)
    return `${prefix} exclusively attached to one node and can't be attached to another`;
  const near = others.filter((other) => namespaceOf(other) === namespaceOf(pod)).map(nameOf);
  const far = others.length - near.length;
  const away = `${far} pod(s) in different namespaces`;
  if (near.length === 0) return `${prefix} used by ${away}`;
  return `${prefix} used by pod(s) ${near.join(', ')}${far > 0 ? ` and ${away}` : ''}`;
}
