/**
 * Which devices a pod's claims get on a node: every request is tried with every device that it
 * selects, in order, and the first way in which all of them have theirs is taken, as by
 * kube-scheduler's allocator (KEP-4381). Pure.
 */
import { keyOf } from '../../../api/meta.ts';
import { MAX_DEVICES } from '../../../api/scheduling/resource-claims.ts';
import type { Node } from '../../../api/types/core-v1.ts';
import type {
  AllocationResult,
  DeviceClass,
  DeviceConstraint,
  DeviceSelector,
  ResourceClaim,
  ResourceSlice,
} from '../../../api/types/resource-v1.ts';
import { allocationOf, type Allotted } from './allocation.ts';
import { MatchAttribute } from './match-attribute.ts';
import { type Pool, type PooledDevice, poolsFor } from './pools.ts';
import { type ClassOf, type Want, wantsOf } from './wants.ts';

/** Devices tried for one node: the search is exhaustive, and nothing else is placed meanwhile. */
const MAX_STEPS = 100_000;

/** A claim, class or pool is wrong: no other node would help. */
class AllocationError extends Error {
  override readonly name = 'AllocationError';
}

/** There are too many ways to try. */
export class AllocationTimeout extends Error {
  override readonly name = 'AllocationTimeout';
}

export interface Supply {
  readonly classOf: ClassOf;
  /** What the node might reach. */
  readonly slices: readonly ResourceSlice[];
  /** By the ID of a device: some other claim has it. */
  readonly isTaken: (id: string) => boolean;
  /** Throws what is wrong with the expression. */
  readonly matches: (expression: string, device: PooledDevice) => boolean;
}

/** One per claim; undefined: the node has not enough. Throws the errors above. */
export function allocate(
  claims: readonly ResourceClaim[],
  node: Node,
  supply: Supply,
): readonly AllocationResult[] | undefined {
  return new Search(claims, poolsFor(node, supply.slices), supply).run();
}

interface Alternative {
  readonly want: Want;
  readonly deviceClass: DeviceClass;
  readonly count: number;
  /** All that it selects, if it wants all. */
  readonly all: readonly Candidate[] | undefined;
  /** By the ID of a device: is it selected? */
  readonly selected: Map<string, boolean>;
}

interface Candidate {
  readonly pool: Pool;
  readonly item: PooledDevice;
}

/** A request of a claim. */
interface Asked {
  readonly claim: number;
  readonly alternatives: readonly Alternative[];
}

class Search {
  readonly #claims: readonly ResourceClaim[];
  readonly #pools: readonly Pool[];
  readonly #candidates: readonly Candidate[];
  readonly #supply: Supply;
  readonly #asked: readonly Asked[];
  /** Of each claim. */
  readonly #constraints: readonly (readonly MatchAttribute[])[];
  readonly #allotted: readonly Allotted[][];
  /** By the ID of a device: the claims that get it. */
  readonly #givenTo = new Map<string, Set<number>>();
  #steps = 0;

  constructor(claims: readonly ResourceClaim[], pools: readonly Pool[], supply: Supply) {
    this.#claims = claims;
    this.#pools = pools;
    this.#supply = supply;
    this.#candidates = pools.flatMap((pool) => pool.devices.map((item) => ({ pool, item })));
    this.#constraints = claims.map(constraintsOf);
    this.#allotted = claims.map(() => []);
    this.#asked = claims.flatMap((claim, index) => this.#askedBy(claim, index));
  }

  run(): readonly AllocationResult[] | undefined {
    if (!this.#serve(0)) return undefined;
    return this.#claims.map((claim, i) => allocationOf(claim, this.#allotted[i]!));
  }

  #askedBy(claim: ResourceClaim, index: number): Asked[] {
    const asked = (claim.spec.devices?.requests ?? []).map((request) => ({
      claim: index,
      alternatives: wantsOf(request).map((want) => this.#alternative(claim, want)),
    }));
    const least = asked
      .map(({ alternatives }) => Math.min(...alternatives.map(({ count }) => count)))
      .reduce((sum, count) => sum + count, 0);
    if (least <= MAX_DEVICES) return asked;
    const over = `number of requested devices ${least} exceeds the claim limit of ${MAX_DEVICES}`;
    throw new AllocationError(`claim ${keyOf(claim)}: ${over}`);
  }

  #alternative(claim: ResourceClaim, want: Want): Alternative {
    const where = `claim ${keyOf(claim)}, request ${want.name}`;
    const deviceClass = this.#supply.classOf(want.className);
    if (deviceClass === undefined) {
      const why = `deviceclass.resource.k8s.io "${want.className}" not found`;
      const what = `could not retrieve device class ${want.className}`;
      throw new AllocationError(`${where}: ${what}: ${why}`);
    }
    const base = { want, deviceClass, selected: new Map<string, boolean>() };
    if (want.count !== 'all') return { ...base, count: want.count, all: undefined };
    for (const { id, incomplete, invalid } of this.#pools) {
      const state = incomplete ? 'being updated' : invalid === undefined ? undefined : 'invalid';
      if (state === undefined) continue;
      const what = `asks for all devices, but resource pool ${id} is currently ${state}`;
      throw new AllocationError(`${where}: ${what}`);
    }
    const trial = { ...base, count: 0, all: undefined };
    const all = this.#candidates.filter(({ item }) => this.#selects(claim, trial, item));
    return { ...base, count: all.length, all };
  }

  /** True once this request and all after it have their devices. */
  #serve(index: number): boolean {
    const asked = this.#asked[index];
    if (asked === undefined) return true;
    return asked.alternatives.some(({ all, ...alternative }) => {
      if (all?.length === 0) return false;
      return this.#give(index, { ...alternative, all }, { given: 0, from: 0 });
    });
  }

  /**
   * The next device of a request. Within one request the order of devices makes no difference,
   * so only those behind the last are tried.
   */
  #give(index: number, alternative: Alternative, at: { given: number; from: number }): boolean {
    const { count, all } = alternative;
    if (at.given >= count) return this.#serve(index + 1);
    const { claim } = this.#asked[index]!;
    if (this.#allotted[claim]!.length + count - at.given > MAX_DEVICES) return false;
    const candidates = all ?? this.#candidates;
    for (let i = at.from; i < candidates.length; i++) {
      const { pool, item } = candidates[i]!;
      if (++this.#steps > MAX_STEPS) throw new AllocationTimeout();
      if (pool.invalid !== undefined)
        throw new AllocationError(`pool ${item.pool} is invalid: ${pool.invalid}`);
      if (this.#take(claim, alternative, item)) {
        if (this.#give(index, alternative, { given: at.given + 1, from: i + 1 })) return true;
        this.#putBack(claim, alternative, item);
      }
      // Whoever wants all has no other choice.
      if (all !== undefined) return false;
    }
    return false;
  }

  #take(claim: number, alternative: Alternative, item: PooledDevice): boolean {
    const { want, deviceClass, all } = alternative;
    const owners = this.#givenTo.get(item.id);
    const free =
      want.adminAccess === true
        ? !owners?.has(claim)
        : !owners?.size && !this.#supply.isTaken(item.id);
    if (!free) return false;
    if (all === undefined && !this.#selects(this.#claims[claim]!, alternative, item)) return false;
    const constraints = this.#constraints[claim]!;
    const failed = constraints.findIndex((constraint) => !constraint.add(want, item));
    if (failed >= 0) {
      for (const constraint of constraints.slice(0, failed)) constraint.remove(want);
      if (all === undefined) return false;
      const where = `claim ${keyOf(this.#claims[claim]!)}, request ${want.name}`;
      const why = 'because a claim constraint would not be satisfied';
      throw new AllocationError(`${where}: cannot add device ${item.id} ${why}`);
    }
    if (owners === undefined) this.#givenTo.set(item.id, new Set([claim]));
    else owners.add(claim);
    this.#allotted[claim]!.push({ want, deviceClass, item });
    return true;
  }

  #putBack(claim: number, { want }: Alternative, { id }: PooledDevice): void {
    for (const constraint of this.#constraints[claim]!) constraint.remove(want);
    this.#givenTo.get(id)!.delete(claim);
    this.#allotted[claim]!.pop();
  }

  #selects(claim: ResourceClaim, alternative: Alternative, item: PooledDevice): boolean {
    const { want, deviceClass, selected } = alternative;
    const known = selected.get(item.id);
    if (known !== undefined) return known;
    const { consumesCounters = [], bindingConditions = [] } = item.device;
    // Both need features that 1.34 has off.
    const verdict =
      consumesCounters.length === 0 &&
      bindingConditions.length === 0 &&
      this.#agree(deviceClass.spec.selectors, item, `class ${deviceClass.metadata.name}`) &&
      this.#agree(want.selectors, item, `claim ${keyOf(claim)}`);
    selected.set(item.id, verdict);
    return verdict;
  }

  #agree(selectors: readonly DeviceSelector[] = [], item: PooledDevice, whose: string): boolean {
    return selectors.every(({ cel }, i) => {
      try {
        return this.#supply.matches(cel?.expression ?? '', item);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new AllocationError(`${whose}: selector #${i}: CEL runtime error: ${why}`);
      }
    });
  }
}

function constraintsOf(claim: ResourceClaim): readonly MatchAttribute[] {
  return (claim.spec.devices?.constraints ?? []).map(
    ({ matchAttribute, requests }: DeviceConstraint, i) => {
      if (matchAttribute !== undefined) return new MatchAttribute(matchAttribute, requests);
      const what = `constraint #${i}: empty constraint (unsupported constraint type?)`;
      throw new AllocationError(`claim ${keyOf(claim)}, ${what}`);
    },
  );
}
