/** IPv4 arithmetic for pod addresses: a node's range, and who has which address of it. */
import { assert } from '../platform/assert.ts';

export interface Range {
  readonly first: number;
  /** How many addresses, all of them. */
  readonly size: number;
}

function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** An IPv4 range of at least four addresses; undefined if the text is none. */
export function parseRange(cidr: string): Range | undefined {
  const [address = '', prefix = ''] = cidr.split('/');
  const value = parseAddress(address);
  if (value === undefined || !/^\d{1,2}$/.test(prefix)) return undefined;
  const bits = Number(prefix);
  if (bits < 8 || bits > 30) return undefined;
  const size = 2 ** (32 - bits);
  return { first: Math.floor(value / size) * size, size };
}

/** Gives pods addresses of one range: each to one pod at a time, reused only after a full turn. */
export class AddressPool {
  readonly #range: Range;
  readonly #byAddress = new Map<string, string>();
  /** Offset to try next. 0 is the network, 1 the node's own, the last the broadcast address. */
  #next = 2;

  constructor(range: Range) {
    assert(range.size >= 4, 'a range too small for pods');
    this.#range = range;
  }

  /** Undefined if every address is taken. */
  allocate(uid: string): string | undefined {
    const usable = this.#range.size - 3;
    for (let tries = 0; tries < usable; tries++) {
      const address = formatAddress(this.#range.first + this.#next);
      this.#next = this.#next + 1 >= this.#range.size - 1 ? 2 : this.#next + 1;
      if (this.#byAddress.has(address)) continue;
      this.#byAddress.set(address, uid);
      return address;
    }
    return undefined;
  }

  /** Marks an address that a pod has from before; false if another pod has it. */
  reserve(address: string, uid: string): boolean {
    const holder = this.#byAddress.get(address);
    if (holder !== undefined) return holder === uid;
    this.#byAddress.set(address, uid);
    return true;
  }

  release(address: string, uid: string): void {
    if (this.#byAddress.get(address) === uid) this.#byAddress.delete(address);
  }

  /** "10.244.1.2-10.244.1.254": for messages. */
  get text(): string {
    const { first, size } = this.#range;
    return `${formatAddress(first + 2)}-${formatAddress(first + size - 2)}`;
  }
}
