import { assert } from '../../platform/assert.ts';
import type { Random } from '../../platform/random.ts';
import { type ClaimKeys, ownerText } from '../storage/claim-keys.ts';
import type { Storage } from '../storage/storage.ts';
import { formatAddress, parseAddress, parseCidr, sizeOf } from './cidr.ts';
import type { ClaimOwner, ClaimRange, ClaimRanges } from './claims.ts';

export interface ClaimRangesOptions {
  readonly storage: Storage;
  readonly random: Random;
  /** CIDR of cluster IPs. */
  readonly clusterIPRange: string;
  /** "30000-32767". */
  readonly nodePortRange: string;
}

export const DEFAULT_CLUSTER_IP_RANGE = '10.96.0.0/12';
export const DEFAULT_NODE_PORT_RANGE = '30000-32767';

/** The first address of the range: the Service kubernetes has it. */
export function firstServiceAddress(range: string): string {
  const cidr = parseCidr(range);
  if (cidr === undefined) throw new Error(`not a CIDR range: ${JSON.stringify(range)}`);
  return formatAddress(cidr.base + 1n, cidr.family);
}

/** Under /registry/ranges/, as in Kubernetes. */
export const CLAIM_NAMES = { clusterIPs: 'serviceips', nodePorts: 'servicenodeports' } as const;

/** Values tried at random before the free ones are looked for one by one. */
const RANDOM_TRIES = 8;
/** Addresses given out of a larger range, so that offsets stay small numbers. */
const MAX_OFFSETS = 2 ** 24;

/** The cluster-wide values of Services, as keys of the store. */
export function claimRanges(options: ClaimRangesOptions): ClaimRanges {
  const { storage, random, clusterIPRange, nodePortRange } = options;
  const keyed = (name: string, offsets: Offsets): KeyedRange =>
    new KeyedRange(storage.claims(name), offsets, random);
  return {
    clusterIPs: keyed(CLAIM_NAMES.clusterIPs, addresses(clusterIPRange)),
    nodePorts: keyed(CLAIM_NAMES.nodePorts, ports(nodePortRange)),
    clusterIPRange,
    nodePortRange,
  };
}

/** A range as numbers from 0 on. */
interface Offsets {
  readonly size: number;
  valueAt(offset: number): string;
  contains(value: string): boolean;
}

/** Neither the network's own address nor, in IPv4, its broadcast address is given out. */
function addresses(range: string): Offsets {
  const cidr = parseCidr(range);
  assert(cidr !== undefined, `not a CIDR range: ${range}`);
  const { base, family } = cidr;
  const total = sizeOf(cidr);
  const usable = family === 'IPv4' ? total - 2n : total - 1n;
  assert(usable > 0n, `a range without addresses: ${range}`);
  return {
    size: Number(usable < BigInt(MAX_OFFSETS) ? usable : BigInt(MAX_OFFSETS)),
    valueAt: (offset) => formatAddress(base + 1n + BigInt(offset), family),
    contains: (value) => {
      const parsed = parseAddress(value);
      if (parsed?.family !== family) return false;
      return parsed.address > base && parsed.address <= base + usable;
    },
  };
}

function ports(range: string): Offsets {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(range);
  assert(match !== null, `not a port range: ${range}`);
  const [first, last] = [Number(match[1]), Number(match[2])];
  assert(first > 0 && first <= last && last < 65_536, `not a port range: ${range}`);
  return {
    size: last - first + 1,
    valueAt: (offset) => String(first + offset),
    contains: (value) => /^\d{1,5}$/.test(value) && Number(value) >= first && Number(value) <= last,
  };
}

class KeyedRange implements ClaimRange {
  readonly #keys: ClaimKeys;
  readonly #offsets: Offsets;
  readonly #random: Random;

  constructor(keys: ClaimKeys, offsets: Offsets, random: Random) {
    this.#keys = keys;
    this.#offsets = offsets;
    this.#random = random;
  }

  contains(value: string): boolean {
    return this.#offsets.contains(value);
  }

  async claim(value: string, owner: ClaimOwner): Promise<boolean> {
    return (await this.#keys.take(value, owner)) !== 'held';
  }

  async claimNext(owner: ClaimOwner): Promise<string | undefined> {
    const offsets = this.#offsets;
    const { size } = offsets;
    for (let tries = 0; tries < RANDOM_TRIES; tries++) {
      const value = offsets.valueAt(this.#random.below(size, 'claimed value'));
      if ((await this.#keys.take(value, owner)) === 'taken') return value;
    }
    const held = new Set((await this.#keys.held()).map(({ value }) => value));
    for (let offset = 0; offset < size && held.size < size; offset++) {
      const value = offsets.valueAt(offset);
      if (held.has(value)) continue;
      if ((await this.#keys.take(value, owner)) === 'taken') return value;
      held.add(value);
    }
    return undefined;
  }

  release(value: string, owner: ClaimOwner): Promise<void> {
    return this.#keys.release(value, ownerText(owner));
  }
}
