import { assert } from '../../platform/assert.ts';
import type { Random } from '../../platform/random.ts';
import { type ClaimKeys, ownerText } from '../storage/claim-keys.ts';
import type { Storage } from '../storage/storage.ts';
import { type Cidr, formatAddress, parseCidr } from '../../api/cidr.ts';
import type { ClaimOwner, ClaimRange, ClaimRanges } from './claims.ts';
import type { ServiceAddresses } from './service-addresses.ts';

export interface ClaimRangesOptions {
  readonly storage: Storage;
  readonly random: Random;
  readonly addresses: ServiceAddresses;
  /** "30000-32767". */
  readonly nodePortRange: string;
}

export const DEFAULT_CLUSTER_IP_RANGE = '10.96.0.0/12';
export const DEFAULT_NODE_PORT_RANGE = '30000-32767';

/** One range, or two of different families with a comma between, the default family first. */
export function parseServiceRanges(text: string): Cidr[] | undefined {
  const ranges = text.split(',').flatMap((each) => parseCidr(each) ?? []);
  const families = new Set(ranges.map(({ family }) => family));
  return families.size === text.split(',').length ? ranges : undefined;
}

/** The first address of the first range: the Service kubernetes has it. */
export function firstServiceAddress(text: string): string {
  const first = parseServiceRanges(text)?.[0];
  if (first === undefined) throw new Error(`not a CIDR range: ${JSON.stringify(text)}`);
  return formatAddress(first.base + 1n, first.family);
}

/** Under /registry/ranges/, as in Kubernetes. */
export const NODE_PORTS = 'servicenodeports';

/** Values tried at random before the free ones are looked for one by one. */
const RANDOM_TRIES = 8;

/** The cluster-wide values of Services. */
export function claimRanges(options: ClaimRangesOptions): ClaimRanges {
  const { storage, random, addresses, nodePortRange } = options;
  const keys = storage.claims(NODE_PORTS);
  const ports = new NodePorts(keys, parsePorts(nodePortRange), random);
  const { families } = addresses;
  return {
    clusterIPs: addresses,
    nodePorts: ports,
    families,
    dryRun() {
      const nodePorts = ports.dryRun();
      return { clusterIPs: addresses.dryRun(), nodePorts, families, dryRun: () => this };
    },
  };
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

function parsePorts(range: string): PortRange {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(range);
  assert(match !== null, `not a port range: ${range}`);
  const [first, last] = [Number(match[1]), Number(match[2])];
  assert(first > 0 && first <= last && last < 65_536, `not a port range: ${range}`);
  return { first, last };
}

/** Ports, from the first on, that are drawn only when the rest is taken (KEP-3668). */
function lowerPart(size: number): number {
  return size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
}

const ALLOCATED = 'provided port is already allocated';
/** Kubernetes' dry run gives the ports after this one, which nobody can have. */
const DRY_RUN_PORTS = 32_768;

/** One key of the store for each port that is taken. */
class NodePorts implements ClaimRange {
  readonly #keys: ClaimKeys;
  readonly #range: PortRange;
  readonly #random: Random;

  constructor(keys: ClaimKeys, range: PortRange, random: Random) {
    this.#keys = keys;
    this.#range = range;
    this.#random = random;
  }

  async claim(value: string, owner: ClaimOwner): Promise<string | undefined> {
    const { first, last } = this.#range;
    if (Number(value) < first || Number(value) > last)
      return (
        'provided port is not in the valid range. ' + `The range of valid ports is ${first}-${last}`
      );
    return (await this.#keys.take(value, owner)) === 'taken' ? undefined : ALLOCATED;
  }

  async claimNext(owner: ClaimOwner): Promise<string | undefined> {
    const { first, last } = this.#range;
    const lower = lowerPart(last - first + 1);
    const upper = first + lower;
    for (let tries = 0; tries < RANDOM_TRIES; tries++) {
      const value = String(upper + this.#random.below(last - upper + 1, 'node port'));
      if ((await this.#keys.take(value, owner)) === 'taken') return value;
    }
    const held = new Set((await this.#keys.held()).map(({ value }) => value));
    for (let i = 0; i <= last - first; i++) {
      const port = upper + i;
      const value = String(port > last ? port - last - 1 + first : port);
      if (!held.has(value) && (await this.#keys.take(value, owner)) === 'taken') return value;
    }
    return undefined;
  }

  release(value: string, owner: ClaimOwner): Promise<void> {
    return this.#keys.release(value, ownerText(owner));
  }

  dryRun(): ClaimRange {
    const given = new Set<string>();
    return {
      claim: async (value) => {
        const held = await this.#keys.held();
        if (given.has(value) || held.some((each) => each.value === value)) return ALLOCATED;
        given.add(value);
        return undefined;
      },
      claimNext: () => {
        const last = given.size === 0 ? DRY_RUN_PORTS : Math.max(...[...given].map(Number));
        const value = String(last + 1);
        given.add(value);
        return Promise.resolve(value);
      },
      release: () => Promise.resolve(),
    };
  }
}
