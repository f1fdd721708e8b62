/**
 * DynamicResources: a pod goes where the devices that its claims ask for are, and its claims get
 * them (KEP-4381). Filter finds devices, Reserve keeps them from other pods, PreBind writes into
 * each claim what it got and for whom.
 */
import { deepEqual } from '../../../api/deep.ts';
import { keyOf, nameOf, uidOf } from '../../../api/meta.ts';
import { deviceValue, DeviceSelectors } from '../../../api/scheduling/device-selector.ts';
import { matchesNodeSelector } from '../../../api/scheduling/node-selector.ts';
import {
  canBeReserved,
  CLAIM_FINALIZER,
  consumer,
  deviceId,
  isMadeFor,
  isReservedFor,
  notMadeFor,
  podClaimOf,
} from '../../../api/scheduling/resource-claims.ts';
import { isStatus } from '../../../api/status.ts';
import type { Pod } from '../../../api/types/core-v1.ts';
import type { AllocationResult, Device, ResourceClaim } from '../../../api/types/resource-v1.ts';
import { stateKey } from '../../framework/cycle-state.ts';
import type { ClusterEvent } from '../../framework/events.ts';
import type {
  Cycle,
  EnqueueExtensions,
  FilterPlugin,
  PostFilterPlugin,
  PostFilterResult,
  PreBindPlugin,
  PreEnqueuePlugin,
  PreFilterPlugin,
  ReservePlugin,
  Verdict,
} from '../../framework/interface.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import { failure, skip, type Status, unresolvable, unschedulable } from '../../framework/status.ts';
import { allocate, AllocationTimeout, type Supply } from './allocate.ts';
import type { Devices } from './devices.ts';
import type { PooledDevice } from './pools.ts';
import { wantsOf } from './wants.ts';

/** Tries to write a claim that somebody else writes too. */
const MAX_TRIES = 5;

const inUse = unresolvable('resourceclaim in use');
const elsewhere = unresolvable('resourceclaim not available on the node');
const cannotAllocate = unresolvable('cannot allocate all claims');
const tooLong = unresolvable('timed out trying to allocate devices');
const nothingToDeallocate = unschedulable('no new claims to deallocate');

interface Claims {
  /** Of the pod; replaced by what was written. */
  readonly all: ResourceClaim[];
  /** Those of them that have no devices yet. */
  readonly waiting: readonly ResourceClaim[];
  /** What they would get, in their order, by the node's name. */
  readonly found: Map<string, readonly AllocationResult[]>;
  /** Their devices are out of reach of some node. */
  readonly unavailable: Set<ResourceClaim>;
}

/** Found for a claim by a pod that is being bound. */
interface Pending {
  readonly podUid: string;
  readonly allocation: AllocationResult;
}

type DynamicResources = PreEnqueuePlugin &
  PreFilterPlugin &
  FilterPlugin &
  PostFilterPlugin &
  ReservePlugin &
  PreBindPlugin &
  EnqueueExtensions;

const claimsState = stateKey<Claims>('DynamicResources claims');
const noClaims: Claims = { all: [], waiting: [], found: new Map(), unavailable: new Set() };

export function dynamicResources(devices: Devices): DynamicResources {
  return new DynamicResourcesPlugin(devices);
}

class DynamicResourcesPlugin implements DynamicResources {
  readonly name = 'DynamicResources';
  readonly interests: EnqueueExtensions['interests'] = [
    { on: 'NodeAdd' },
    { on: 'NodeLabels' },
    { on: 'NodeAllocatable' },
    { on: 'ResourceClaim', helps: (pod, event) => this.#helps(pod, event) },
    { on: 'DeviceClass' },
    { on: 'ResourceSlice' },
  ];
  readonly #devices: Devices;
  readonly #selectors = new DeviceSelectors();
  readonly #values = new WeakMap<Device, ReturnType<typeof deviceValue>>();
  /** By the claim's uid: reserved, and not seen in the claim yet. */
  readonly #pending = new Map<string, Pending>();
  /** Of those. */
  readonly #pendingDevices = new Set<string>();

  constructor(devices: Devices) {
    this.#devices = devices;
  }

  preEnqueue({ pod }: PodInfo): Verdict {
    const claims = this.#claimsOf(pod);
    return typeof claims === 'string' ? unresolvable(claims) : undefined;
  }

  preFilter({ pod: { pod }, state }: Cycle): Verdict {
    state.write(claimsState, noClaims);
    if (!pod.spec.resourceClaims?.length) return skip;
    const all = this.#claimsOf(pod);
    if (typeof all === 'string') return unresolvable(all);
    if (all.length === 0) return skip;
    for (const claim of all) {
      const refused = this.#refused(claim, pod);
      if (refused !== undefined) return refused;
    }
    const waiting = all.filter(({ status }) => status?.allocation === undefined);
    const unavailable = new Set<ResourceClaim>();
    state.write(claimsState, { all, waiting, found: new Map(), unavailable });
    return undefined;
  }

  filter({ state }: Cycle, { node, name }: NodeInfo): Verdict {
    const { all, waiting, found, unavailable } = state.read(claimsState)!;
    const away = all.filter(({ status }) => {
      const nodes = status?.allocation?.nodeSelector;
      return nodes !== undefined && !matchesNodeSelector(nodes, node);
    });
    if (waiting.length > 0) {
      try {
        const allocations = allocate(waiting, node, this.#supply(name));
        if (allocations === undefined) return cannotAllocate;
        if (away.length === 0) found.set(name, allocations);
      } catch (error) {
        return error instanceof AllocationTimeout ? tooLong : failure(error);
      }
    }
    for (const claim of away) unavailable.add(claim);
    return away.length > 0 ? elsewhere : undefined;
  }

  /** A claim that nobody else uses, and whose devices are out of reach, gives them back. */
  postFilter({ pod: { pod }, state }: Cycle): Verdict | Promise<PostFilterResult | Verdict> {
    const claims = state.read(claimsState);
    // As kube-scheduler has it: another plugin ended PreFilter before this one saw the pod.
    if (claims === undefined) return failure(new Error('not found'));
    if (claims.all.length === 0) return nothingToDeallocate;
    for (const claim of claims.unavailable) {
      const users = claim.status?.reservedFor ?? [];
      if (users.every(({ uid }) => uid === uidOf(pod))) return this.#deallocate(claim);
    }
    return unschedulable('still not schedulable');
  }

  reserve({ pod, state }: Cycle, { name }: NodeInfo): Verdict {
    const { waiting, found } = state.read(claimsState) ?? noClaims;
    if (waiting.length === 0) return undefined;
    const allocations = found.get(name);
    if (allocations === undefined) return failure(new Error('claim allocation not found for node'));
    for (const [i, claim] of waiting.entries()) {
      const allocation = allocations[i]!;
      this.#pending.set(uidOf(claim), { podUid: pod.uid, allocation });
      for (const id of exclusive(allocation)) this.#pendingDevices.add(id);
    }
    return undefined;
  }

  unreserve({ pod: { pod, uid }, state }: Cycle): void {
    for (const claim of state.read(claimsState)?.all ?? []) {
      if (this.#pending.get(uidOf(claim))?.podUid === uid) this.#forget(claim);
      if (claim.status?.allocation !== undefined && isReservedFor(claim, pod))
        this.#devices.release(claim, pod);
    }
  }

  preBindPreFlight({ state }: Cycle): Verdict {
    return state.read(claimsState)?.all.length ? undefined : skip;
  }

  async preBind({ pod: { pod }, state }: Cycle): Promise<Verdict> {
    const { all } = state.read(claimsState)!;
    for (const [i, claim] of all.entries()) {
      if (isReservedFor(claim, pod)) continue;
      try {
        // `unreserve` then knows of the reservation.
        all[i] = await this.#write(claim, pod);
        await this.#seen(claim);
      } catch (error) {
        return failure(error);
      }
    }
    return undefined;
  }

  /** All that exist and are needed; or why the pod has to wait for one. */
  #claimsOf(pod: Pod): ResourceClaim[] | string {
    const claims: ResourceClaim[] = [];
    for (const entry of pod.spec.resourceClaims ?? []) {
      const found = podClaimOf(pod, entry);
      if (found.kind === 'awaited') return `pod "${keyOf(pod)}": ResourceClaim not created yet`;
      if (found.kind === 'unneeded') continue;
      const claim = this.#devices.claim(found.key);
      const name = found.key.slice(found.key.indexOf('/') + 1);
      if (claim === undefined) return `resourceclaim.resource.k8s.io "${name}" not found`;
      if (claim.metadata.deletionTimestamp !== undefined)
        return `resourceclaim "${name}" is being deleted`;
      if (found.generated && !isMadeFor(claim, pod)) return notMadeFor(claim, pod);
      claims.push(claim);
    }
    return claims;
  }

  #refused(claim: ResourceClaim, pod: Pod): Verdict {
    if (claim.status?.allocation !== undefined)
      return canBeReserved(claim) || isReservedFor(claim, pod) ? undefined : inUse;
    if (this.#pending.has(uidOf(claim)))
      return unresolvable(`resource claim ${keyOf(claim)} is in the process of being allocated`);
    for (const { name, className } of (claim.spec.devices?.requests ?? []).flatMap(wantsOf))
      if (this.#devices.deviceClass(className) === undefined)
        return unresolvable(`request ${name}: device class ${className} does not exist`);
    return undefined;
  }

  #supply(nodeName: string): Supply {
    return {
      classOf: (name) => this.#devices.deviceClass(name),
      slices: this.#devices.slices(nodeName),
      isTaken: (id) => this.#devices.isAllocated(id) || this.#pendingDevices.has(id),
      matches: (expression, item) => this.#selectors.matches(expression, this.#valueOf(item)),
    };
  }

  #valueOf({ driver, device }: PooledDevice): ReturnType<typeof deviceValue> {
    let value = this.#values.get(device);
    if (value === undefined) this.#values.set(device, (value = deviceValue(driver, device)));
    return value;
  }

  async #deallocate(claim: ResourceClaim): Promise<Status> {
    const { allocation: _, reservedFor: __, devices: ___, ...status } = claim.status ?? {};
    await this.#devices.updateStatus({ ...claim, status });
    return unschedulable('deallocation of ResourceClaim completed');
  }

  /** What was found for the claim, if anything was, and that the pod uses it. */
  async #write(claim: ResourceClaim, pod: Pod): Promise<ResourceClaim> {
    const allocation = this.#pending.get(uidOf(claim))?.allocation;
    let current = claim;
    for (let tries = 1; ; tries++) {
      try {
        if (current.metadata.deletionTimestamp !== undefined)
          throw new Error(`claim ${keyOf(claim)} got deleted in the meantime`);
        if (allocation !== undefined) current = await this.#held(current);
        const reservedFor = [...(current.status?.reservedFor ?? []), consumer(pod)];
        const given = allocation === undefined ? {} : { allocation };
        const status = { ...current.status, ...given, reservedFor };
        return await this.#devices.updateStatus({ ...current, status });
      } catch (error) {
        if (!isStatus(error, 'Conflict') || tries === MAX_TRIES) throw error;
        current = await this.#devices.latest(claim);
      }
    }
  }

  /** The claim with the finalizer that every allocated one has. */
  async #held(claim: ResourceClaim): Promise<ResourceClaim> {
    if (claim.status?.allocation !== undefined)
      throw new Error(`claim ${keyOf(claim)} got allocated elsewhere in the meantime`);
    const { finalizers = [] } = claim.metadata;
    if (finalizers.includes(CLAIM_FINALIZER)) return claim;
    const metadata = { ...claim.metadata, finalizers: [...finalizers, CLAIM_FINALIZER] };
    return this.#devices.update({ ...claim, metadata });
  }

  /** Until the cache shows the devices as taken, they are kept from others here. */
  async #seen(claim: ResourceClaim): Promise<void> {
    if (!this.#pending.has(uidOf(claim))) return;
    for (;;) {
      const known = this.#devices.claim(keyOf(claim));
      if (known === undefined || uidOf(known) !== uidOf(claim))
        throw new Error(`claim ${nameOf(claim)} is gone`);
      if (known.status?.allocation !== undefined) break;
      await this.#devices.changed();
    }
    this.#forget(claim);
  }

  #forget(claim: ResourceClaim): void {
    const pending = this.#pending.get(uidOf(claim));
    if (pending === undefined) return;
    this.#pending.delete(uidOf(claim));
    for (const id of exclusive(pending.allocation)) this.#pendingDevices.delete(id);
  }

  #helps({ pod }: PodInfo, event: ClusterEvent): boolean {
    if (event.kind !== 'ResourceClaim') return true;
    const { claim, old } = event;
    const claims = this.#claimsOf(pod);
    // It still waits for another one.
    if (typeof claims === 'string') return false;
    if (old?.status?.allocation !== undefined && claim.status?.allocation === undefined)
      return true;
    if (!claims.some((own) => uidOf(own) === uidOf(claim))) return false;
    return old === undefined || !deepEqual(old.status, claim.status);
  }
}

/** The devices that nobody else may have then. */
export function exclusive({ devices }: AllocationResult): readonly string[] {
  return (devices?.results ?? []).flatMap((each) => (each.adminAccess ? [] : [deviceId(each)]));
}
