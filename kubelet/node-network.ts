/**
 * Where the pods and the nodes of a hollow cluster live. A node has a number; from it follow the
 * range of its pods, 10.244.<number>.0/24 as in kind, and its own address in 172.18.0.0/16.
 * Past 255 the ranges go on in 10.245 … 10.255, then in 10.128 … 10.243.
 */
import { formatAddress } from './addresses.ts';

const rangesPerBlock = 256;
const upperBlocks = 12;
/** Numbers are 1 … this. */
export const maxNodes = 116 * rangesPerBlock;

export function podCidrOf(number: number): string {
  const block = Math.floor(number / rangesPerBlock);
  const second = block < upperBlocks ? 244 + block : 128 + block - upperBlocks;
  return `10.${second}.${number % rangesPerBlock}.0/24`;
}

const nodeNetwork = 172 * 2 ** 24 + 18 * 2 ** 16;

export function internalIpOf(number: number): string {
  return formatAddress(nodeNetwork + 1 + number);
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
