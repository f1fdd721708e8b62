/**
 * VolumeBinding: pods go where their volumes are. Claims that wait for their first consumer get
 * their volume here: Filter asks whether a node could have one, Reserve keeps it from others,
 * PreBind writes it down and waits until the binder, and a provisioner, have done their part.
 */
import { deepEqual } from '../../api/deep.ts';
import { nameOf } from '../../api/meta.ts';
import { wholeValue } from '../../api/quantity.ts';
import { matchesLabelSelector } from '../../api/selector/label.ts';
import {
  BOUND_BY_CONTROLLER,
  classOfClaim,
  findVolume,
  isFullyBound,
  NO_PROVISIONER,
  reachableFrom,
  SELECTED_NODE,
  sizeOf,
  waitsForConsumer,
} from '../../api/scheduling/volumes.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import type { CSIStorageCapacity, StorageClass } from '../../api/types/storage-v1.ts';
import { stateKey } from '../framework/cycle-state.ts';
import type {
  Cycle,
  EnqueueExtensions,
  FilterPlugin,
  PreBindPlugin,
  PreFilterPlugin,
  ReservePlugin,
  Verdict,
} from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { failure, skip, type Status, unresolvable } from '../framework/status.ts';
import { isForeign, mountedClaims, notFound, ownClaim, type Storage } from './volumes.ts';

const affinityConflict = unresolvable("node(s) didn't match PersistentVolume's node affinity");
const nothingToBind = unresolvable("node(s) didn't find available persistent volumes to bind");
const notEnoughSpace = unresolvable('node(s) did not have enough free storage');
const volumeGone = unresolvable(
  'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
);
const unboundImmediate = unresolvable('pod has unbound immediate PersistentVolumeClaims');

interface Claims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Largest first, so that small ones do not take what only suits a large one. */
  readonly waiting: readonly PersistentVolumeClaim[];
}

/** What one pod does for the claims that wait for it. */
interface Decision {
  readonly nodeName: string;
  readonly matches: ReadonlyMap<PersistentVolumeClaim, PersistentVolume>;
  readonly provisions: readonly PersistentVolumeClaim[];
}

/** Decided for a claim by a pod that is being bound. */
interface Assumed {
  readonly uid: string;
  readonly nodeName: string;
  readonly volume: string | undefined;
}

type VolumeBinding = PreFilterPlugin &
  FilterPlugin &
  ReservePlugin &
  PreBindPlugin &
  EnqueueExtensions;

const claimsState = stateKey<Claims>('VolumeBinding claims');

export interface VolumeBindingArgs {
  /** How long volumes may take to be provisioned and bound. Default: 600. */
  readonly bindTimeoutSeconds?: number;
}

export function volumeBinding(storage: Storage, args: VolumeBindingArgs = {}): VolumeBinding {
  return new VolumeBindingPlugin(storage, args);
}

class VolumeBindingPlugin implements VolumeBinding {
  readonly name = 'VolumeBinding';
  readonly interests: EnqueueExtensions['interests'] = [
    ownClaim,
    { on: 'Volume' },
    {
      on: 'StorageClass',
      // All else of a class cannot be changed, or does not matter here.
      helps: (_, event) =>
        event.kind === 'StorageClass' &&
        (event.old === undefined ||
          !deepEqual(event.old.allowedTopologies ?? [], event.object.allowedTopologies ?? [])),
    },
    {
      on: 'StorageCapacity',
      helps: (_, event) =>
        event.kind === 'StorageCapacity' &&
        (event.old === undefined || (limitOf(event.object) ?? 0) > (limitOf(event.old) ?? 0)),
    },
    {
      on: 'CSIDriver',
      helps: (pod, event) =>
        event.kind === 'CSIDriver' &&
        event.old?.spec.storageCapacity === true &&
        event.object.spec.storageCapacity !== true &&
        this.#concerns(pod, nameOf(event.object)),
    },
    { on: 'NodeAdd' },
    { on: 'NodeLabels' },
  ];
  readonly preBindMs: number;
  readonly #storage: Storage;
  /** By pod's uid: reserved, and not bound or given back yet. */
  readonly #decisions = new Map<string, Decision>();
  readonly #assumed = new Map<string, Assumed>();
  /** Volumes chosen for claims and not yet seen to be bound. */
  readonly #taken = new Set<string>();

  constructor(storage: Storage, { bindTimeoutSeconds = 600 }: VolumeBindingArgs) {
    this.#storage = storage;
    this.preBindMs = bindTimeoutSeconds * 1000;
  }

  preFilter({ pod, state }: Cycle): Verdict {
    const mounted = mountedClaims(pod);
    if (mounted.length === 0) return skip;
    const bound: PersistentVolumeClaim[] = [];
    const waiting: PersistentVolumeClaim[] = [];
    for (const { key, name, ephemeral } of mounted) {
      const claim = this.#storage.claim(key);
      if (claim === undefined) return missing(name, ephemeral);
      if (ephemeral && isForeign(claim, pod.pod)) {
        const what = `PVC ${key} was not created for pod ${pod.key} (pod is not owner)`;
        return unresolvable(what);
      }
      if (claim.metadata.deletionTimestamp !== undefined)
        return unresolvable(`persistentvolumeclaim "${name}" is being deleted`);
      if (claim.status?.phase === 'Lost') {
        const what = `bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`;
        return unresolvable(`persistentvolumeclaim "${name}" ${what}`);
      }
      if (isFullyBound(claim)) bound.push(claim);
      else if (this.#waits(claim)) waiting.push(claim);
      else return unboundImmediate;
    }
    waiting.sort((a, b) => requested(b) - requested(a));
    state.write(claimsState, { bound, waiting });
    return undefined;
  }

  filter({ state }: Cycle, { node, name }: NodeInfo): Verdict {
    const claims = state.read(claimsState)!;
    for (const { spec } of claims.bound) {
      const volume = this.#storage.volume(spec.volumeName!);
      if (volume === undefined) return volumeGone;
      if (!reachableFrom(volume, node)) return affinityConflict;
    }
    if (claims.waiting.length === 0) return undefined;
    const decision = this.#decide(claims.waiting, node, name);
    return 'code' in decision ? decision : undefined;
  }

  reserve({ pod, state }: Cycle, { node, name }: NodeInfo): Verdict {
    const waiting = state.read(claimsState)?.waiting ?? [];
    if (waiting.length === 0) return undefined;
    const decision = this.#decide(waiting, node, name);
    if ('code' in decision) return decision;
    this.#decisions.set(pod.uid, decision);
    const keyOf = keysIn(pod.pod.metadata.namespace ?? '');
    for (const claim of waiting) {
      if (this.#assumed.has(keyOf(claim))) continue;
      const volume = decision.matches.get(claim)?.metadata.name;
      this.#assumed.set(keyOf(claim), { uid: pod.uid, nodeName: name, volume });
      if (volume !== undefined) this.#taken.add(volume);
    }
    return undefined;
  }

  unreserve({ pod }: Cycle): void {
    this.#release(pod.uid);
  }

  preBindPreFlight({ pod }: Cycle): Verdict {
    return this.#decisions.has(pod.uid) ? undefined : skip;
  }

  async preBind({ pod, state }: Cycle, nodeName: string): Promise<Verdict> {
    const decision = this.#decisions.get(pod.uid);
    if (decision === undefined) return undefined;
    for (const [claim, volume] of decision.matches) {
      if (volume.spec.claimRef === undefined)
        await this.#storage.updateVolume(claimed(volume, claim));
    }
    for (const claim of decision.provisions) {
      if (claim.metadata.annotations?.[SELECTED_NODE] !== nodeName)
        await this.#storage.selectNode(claim, nodeName);
    }
    const keyOf = keysIn(pod.pod.metadata.namespace ?? '');
    const keys = (state.read(claimsState)?.waiting ?? []).map(keyOf);
    const provisioned = new Set(decision.provisions.map(keyOf));
    let seen = false;
    for (;;) {
      const status = this.#progress(keys, provisioned, { nodeName, seen });
      if (status !== 'waits') {
        if (status === undefined) this.#release(pod.uid);
        return status;
      }
      await this.#storage.changed();
      // Given back meanwhile: the pod's time was over.
      if (this.#decisions.get(pod.uid) !== decision) return failure(new Error('binding abandoned'));
      seen ||= keys.some((key) => selectedNode(this.#storage.claim(key)) === nodeName);
    }
  }

  /** Undefined once every claim is bound. */
  #progress(
    keys: readonly string[],
    provisioned: ReadonlySet<string>,
    { nodeName, seen }: { readonly nodeName: string; readonly seen: boolean },
  ): Status | undefined | 'waits' {
    let waits = false;
    for (const key of keys) {
      const claim = this.#storage.claim(key);
      if (claim === undefined || claim.metadata.deletionTimestamp !== undefined)
        return failure(new Error(`binding volumes: claim ${key} is gone`));
      if (isFullyBound(claim)) continue;
      if (seen && provisioned.has(key) && selectedNode(claim) !== nodeName) {
        const what = 'provisioning failed for PVC';
        return failure(new Error(`binding volumes: ${what} "${nameOf(claim)}"`));
      }
      waits = true;
    }
    return waits ? 'waits' : undefined;
  }

  /** A volume of the pod is the driver's, or will be. */
  #concerns(pod: PodInfo, driver: string): boolean {
    if (pod.pod.spec.volumes?.some(({ csi }) => csi?.driver === driver)) return true;
    return mountedClaims(pod).some(({ key }) => {
      const claim = this.#storage.claim(key);
      return claim !== undefined && this.#classOf(claim)?.provisioner === driver;
    });
  }

  #classOf(claim: PersistentVolumeClaim): StorageClass | undefined {
    return this.#storage.storageClass(classOfClaim(claim) ?? '');
  }

  #waits(claim: PersistentVolumeClaim): boolean {
    const storageClass = this.#classOf(claim);
    return waitsForConsumer(storageClass) && !claim.spec.volumeName;
  }

  #decide(
    waiting: readonly PersistentVolumeClaim[],
    node: Node,
    nodeName: string,
  ): Decision | Status {
    const matches = new Map<PersistentVolumeClaim, PersistentVolume>();
    const provisions: PersistentVolumeClaim[] = [];
    const taken = new Set(this.#taken);
    for (const claim of waiting) {
      const assumed = this.#assumed.get(`${claim.metadata.namespace}/${nameOf(claim)}`);
      if (assumed !== undefined) {
        const verdict = this.#follow(assumed, node, nodeName);
        if (verdict !== undefined) return verdict;
        continue;
      }
      const selected = selectedNode(claim);
      if (selected !== undefined && selected !== nodeName) return nothingToBind;
      const volume =
        selected === undefined
          ? findVolume(claim, this.#storage.candidates(claim), { node, taken })
          : undefined;
      if (volume !== undefined) {
        matches.set(claim, volume);
        taken.add(nameOf(volume));
        continue;
      }
      const refused = this.#provisionable(claim, node);
      if (refused !== undefined) return refused;
      provisions.push(claim);
    }
    return { nodeName, matches, provisions };
  }

  /** Another pod with the same claim decided for it: this one can only go along. */
  #follow({ nodeName, volume }: Assumed, node: Node, here: string): Verdict {
    const known = volume === undefined ? undefined : this.#storage.volume(volume);
    if (known === undefined) return nodeName === here ? undefined : nothingToBind;
    return reachableFrom(known, node) ? undefined : affinityConflict;
  }

  #provisionable(claim: PersistentVolumeClaim, node: Node): Verdict {
    const storageClass = this.#classOf(claim);
    if (storageClass === undefined || storageClass.provisioner === NO_PROVISIONER)
      return nothingToBind;
    if (!topologyAllows(storageClass, node)) return nothingToBind;
    return this.#hasCapacity(storageClass, requested(claim), node) ? undefined : notEnoughSpace;
  }

  /** Drivers that publish how much they have left are held to it (KEP-1472). */
  #hasCapacity({ metadata, provisioner }: StorageClass, bytes: number, node: Node): boolean {
    if (this.#storage.csiDriver(provisioner)?.spec.storageCapacity !== true) return true;
    return this.#storage.capacities(metadata.name ?? '').some((each) => {
      if ((limitOf(each) ?? -1) < bytes) return false;
      // Without a topology it can be reached from nowhere.
      return (
        each.nodeTopology !== undefined &&
        matchesLabelSelector(each.nodeTopology, node.metadata.labels)
      );
    });
  }

  #release(uid: string): void {
    if (!this.#decisions.delete(uid)) return;
    for (const [key, assumed] of this.#assumed) {
      if (assumed.uid !== uid) continue;
      this.#assumed.delete(key);
      if (assumed.volume !== undefined) this.#taken.delete(assumed.volume);
    }
  }
}

/** The largest volume that it has room for; undefined: it does not say. */
function limitOf({ maximumVolumeSize, capacity }: CSIStorageCapacity): number | undefined {
  const limit = maximumVolumeSize ?? capacity;
  return limit === undefined ? undefined : wholeValue(limit);
}

function missing(name: string, ephemeral: boolean): Status {
  if (!ephemeral) return notFound(name);
  const who = 'waiting for ephemeral volume controller';
  return unresolvable(`${who} to create the persistentvolumeclaim "${name}"`);
}

const keysIn =
  (namespace: string) =>
  (claim: PersistentVolumeClaim): string =>
    `${namespace}/${nameOf(claim)}`;

const requested = ({ spec }: PersistentVolumeClaim): number => sizeOf(spec.resources?.requests);

const selectedNode = (claim: PersistentVolumeClaim | undefined): string | undefined =>
  claim?.metadata.annotations?.[SELECTED_NODE];

function topologyAllows({ allowedTopologies = [] }: StorageClass, node: Node): boolean {
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) =>
      values.includes(node.metadata.labels?.[key] ?? ''),
    ),
  );
}

function claimed(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const annotations = { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = claim.metadata;
  const reference = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name };
  return {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: { ...volume.spec, claimRef: { ...reference, uid, resourceVersion } },
  };
}
