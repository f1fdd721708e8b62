/** Numbers as etcdctl reads them, with Go's words for what is none. */
import { quoted } from './fields.ts';
import { badArguments } from './failure.ts';

const syntaxError = (text: string, parser = 'ParseInt'): string =>
  `strconv.${parser}: parsing ${quoted(text)}: invalid syntax`;

export function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(syntaxError(text));
  return Number(text);
}

const isHex = (text: string): boolean => /^[0-9a-f]{1,16}$/i.test(text);

export function memberId(text: string): bigint {
  if (isHex(text)) return BigInt(`0x${text}`);
  throw badArguments(`bad member ID arg (${syntaxError(text, 'ParseUint')}), expecting ID in Hex`);
}

/** `what` names it in the refusal. */
export function leaseId(text: string, what = 'lease ID'): bigint {
  if (isHex(text)) return BigInt.asIntN(64, BigInt(`0x${text}`));
  throw badArguments(`bad ${what} (${syntaxError(text)}), expecting ID in Hex`);
}

const units: readonly (readonly [number, string])[] = [
  [1000, 's'],
  [1, 'ms'],
  [1e-3, 'µs'],
];

/** As Go prints a duration below a minute. */
export function durationText(ms: number): string {
  const [size, unit] = units.find(([each]) => ms >= each) ?? [1e-3, 'µs'];
  return `${Number((ms / size).toFixed(6))}${unit}`;
}
