/**
 * The addresses of Services (KEP-1880): each is an IPAddress object, so that any number of API
 * servers agree, and is drawn from a ServiceCIDR that is ready. Large ranges are drawn from above
 * their lower part, which is left to those who choose an address (KEP-3070).
 */
import { allocatorLabel, holds, isAllocated, usable } from '../../api/service-range.ts';
import type { Mutable } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import type { DeleteOptions } from '../../api/types/meta-v1.ts';
import type { IPAddress, ParentReference, ServiceCIDR } from '../../api/types/networking-v1.ts';
import type { Random } from '../../platform/random.ts';
import {
  type Cidr,
  formatAddress,
  type IPFamily,
  parseAddress,
  parseCidr,
  sizeOf,
} from '../../api/cidr.ts';
import type { ClaimOwner, ClaimRange } from './claims.ts';
import type { Caller } from './resource-context.ts';
import type { ResourceStore } from './resource-store.ts';

/** The ServiceCIDR of the flag. */
export const DEFAULT_SERVICE_CIDR = 'kubernetes';
const FAMILY = 'ipaddress.kubernetes.io/ip-family';

const MISMATCHED = 'the provided network does not match the current range';
const ALLOCATED = 'provided IP is already allocated';

/** Addresses given out of a larger range, so that offsets stay small numbers. */
const MAX_OFFSETS = 2 ** 24;

const caller: Caller = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  dryRun: false,
  manager: 'kube-apiserver',
};

/** True until somebody says otherwise: the controller that says so may not run. */
function isReady({ metadata, status }: ServiceCIDR): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True';
}

/** The part of a range, from its start on, that is drawn from only when the rest is taken. */
function lowerPart(size: bigint): number {
  if (size <= 16n) return 0;
  const share = size / 16n;
  return Number(share < 16n ? 16n : share > 256n ? 256n : share);
}

const parentOf = ({ namespace, name }: ClaimOwner): ParentReference => ({
  name,
  namespace,
  resource: 'services',
});

export function refersTo(address: IPAddress, { namespace, name }: ClaimOwner): boolean {
  const parent = address.spec.parentRef;
  return (
    (parent?.group ?? '') === '' &&
    parent?.resource === 'services' &&
    parent.namespace === namespace &&
    parent.name === name
  );
}

export function hasLabels(address: IPAddress): boolean {
  const { name = '', labels = {} } = address.metadata;
  return isAllocated(address) && labels[FAMILY] === parseAddress(name)?.family;
}

export interface ServiceAddressesOptions {
  readonly random: Random;
  /** Used as long as no ServiceCIDR says what they are. */
  readonly defaults: readonly Cidr[];
  /** All there are, this server's own writes included. */
  readonly ranges: () => Promise<readonly ServiceCIDR[]>;
  /** Of IPAddresses; admission has no say in it. */
  readonly store: () => ResourceStore;
  /** True if this server knows of the IPAddress. */
  readonly known: (name: string) => boolean;
}

export class ServiceAddresses implements ClaimRange {
  readonly #options: ServiceAddressesOptions;

  constructor(options: ServiceAddressesOptions) {
    this.#options = options;
  }

  get families(): readonly IPFamily[] {
    return this.#options.defaults.map(({ family }) => family);
  }

  async claim(value: string, owner: ClaimOwner): Promise<string | undefined> {
    const { address, family } = parseAddress(value)!;
    const ranges = await this.ranges();
    if (!ranges.some((range) => holds(range, address, family))) return MISMATCHED;
    return (await this.take(formatAddress(address, family), owner)) ? undefined : ALLOCATED;
  }

  async claimNext(owner: ClaimOwner, wanted: IPFamily = 'IPv4'): Promise<string | undefined> {
    for (const range of await this.ranges()) {
      if (range.family !== wanted) continue;
      for (const name of this.#free(range)) if (await this.take(name, owner)) return name;
    }
    return undefined;
  }

  async release(value: string, owner: ClaimOwner): Promise<void> {
    const { address, family } = parseAddress(value)!;
    const at = { namespace: '', name: formatAddress(address, family) };
    try {
      const { value: held } = await this.#options.store().get(at);
      if (refersTo(held as IPAddress, owner)) await this.remove(held as IPAddress);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  /** Exactly this one: one that was made anew meanwhile stays. */
  async remove({ metadata: { name = '', uid } }: IPAddress): Promise<void> {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    try {
      const deletion = { at: { namespace: '', name }, options: options as DeleteOptions };
      await this.#options.store().delete(deletion, caller);
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
    }
  }

  /** All there are, not older than the call. */
  async list(): Promise<readonly IPAddress[]> {
    const { objects } = await this.#options
      .store()
      .list({ namespace: '' }, { resourceVersion: '' });
    return objects.map(({ value }) => value as IPAddress);
  }

  /** Kubernetes looks at one range alone, and gives its first address without a look. */
  dryRun(): ClaimRange {
    return {
      claim: async (value) => {
        const { address, family } = parseAddress(value)!;
        const ranges = await this.ranges();
        if (ranges.some((range) => holds(range, address, family))) return undefined;
        const [first] = ranges;
        const text = first && `${formatAddress(first.base, first.family)}/${first.prefixLength}`;
        const said = `the provided IP (${value}) is not in the valid range.`;
        return `${said} The range of valid IPs is ${text}`;
      },
      claimNext: async (_owner, wanted = 'IPv4') => {
        const range = (await this.ranges()).find(({ family }) => family === wanted);
        return range && formatAddress(range.base, wanted);
      },
      release: () => Promise.resolve(),
    };
  }

  /** The ranges that addresses may be taken from. */
  async ranges(): Promise<readonly Cidr[]> {
    const objects = await this.#options.ranges();
    const texts = new Set(objects.filter(isReady).flatMap(({ spec }) => spec?.cidrs ?? []));
    const ranges = [...texts].flatMap((text) => parseCidr(text) ?? []);
    const isThere = objects.some(({ metadata }) => metadata.name === DEFAULT_SERVICE_CIDR);
    return isThere ? ranges : [...this.#options.defaults, ...ranges];
  }

  /** False if there is such an IPAddress. */
  async take(name: string, owner: ClaimOwner): Promise<boolean> {
    const { family = '' } = parseAddress(name) ?? {};
    const object: Mutable<IPAddress> = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name, labels: { [FAMILY]: family, ...allocatorLabel } },
      spec: { parentRef: parentOf(owner) },
    };
    try {
      await this.#options.store().create({ namespace: '', object }, caller);
      return true;
    } catch (error) {
      if (isStatus(error, 'AlreadyExists')) return false;
      throw error;
    }
  }

  /** Addresses this server knows nobody to have: each once, from a random one on. */
  *#free(range: Cidr): Generator<string> {
    const all = usable(range);
    const size = Number(all < BigInt(MAX_OFFSETS) ? all : BigInt(MAX_OFFSETS));
    const lower = lowerPart(sizeOf(range));
    for (const [from, count] of [
      [lower, size - lower],
      [0, lower],
    ] as const) {
      if (count <= 0) continue;
      const start = this.#options.random.below(count, 'address of a Service');
      for (let i = 0; i < count; i++) {
        const offset = from + ((start + i) % count);
        const name = formatAddress(range.base + 1n + BigInt(offset), range.family);
        if (!this.#options.known(name)) yield name;
      }
    }
  }
}
