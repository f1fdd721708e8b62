/**
 * Where the pods and the nodes of a hollow cluster live. A node has a number; from it follow the
 * range of its pods, 10.244.<number>.0/24 as in kind, and its own address in 172.18.0.0/16.
 * Past 255 the ranges go on in 10.245 … 10.255, then in 10.128 … 10.243.
 */
import { formatAddress } from './addresses.ts';

const RANGES_PER_BLOCK = 256;
const UPPER_BLOCKS = 12;
/** Numbers are 1 … this. */
export const maxNodes = 116 * RANGES_PER_BLOCK;

export function podCidrOf(number: number): string {
  const block = Math.floor(number / RANGES_PER_BLOCK);
  const second = block < UPPER_BLOCKS ? 244 + block : 128 + block - UPPER_BLOCKS;
  return `10.${second}.${number % RANGES_PER_BLOCK}.0/24`;
}

const NODE_NETWORK = 172 * 2 ** 24 + 18 * 2 ** 16;

export function internalIpOf(number: number): string {
  return formatAddress(NODE_NETWORK + 1 + number);
}

/** The number a name ends in is the number the node would like: node7 gets 10.244.7.0/24. */
function preferred(name: string): number | undefined {
  const match = /(\d{1,5})$/.exec(name);
  const number = match === null ? 0 : Number(match[1]);
  return number >= 1 && number < maxNodes ? number : undefined;
}

/** The number nearest to the node's wish that is free; undefined if none is. */
export function pickNumber(name: string, isTaken: (number: number) => boolean): number | undefined {
  const wish = preferred(name);
  if (wish !== undefined && !isTaken(wish)) return wish;
  for (let number = 1; number < maxNodes; number++) if (!isTaken(number)) return number;
  return undefined;
}
