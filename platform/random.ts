/**
 * Randomness as an effect. Each draw names its reason, so that a simulated run can log and
 * replay its draws.
 */
export interface Random {
  /** A uniform integer in [0, bound); bound is 1 … 2^32. */
  below(bound: number, reason: string): number;
  /** `length` uniform bytes. */
  bytes(length: number, reason: string): Uint8Array;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A version 4 UUID (RFC 9562, section 5.4) in lower-case text. */
export function uuid(random: Random, reason: string): string {
  const bytes = random.bytes(16, reason);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  let text = '';
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += HEX[bytes[i]!]!;
  }
  return text;
}

/** Letters and digits that form no words and are not mistaken for each other. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** As Kubernetes makes names unique: "web-" + "x7k2p". */
export function randomSuffix(random: Random, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++)
    text += SUFFIX_ALPHABET[random.below(SUFFIX_ALPHABET.length, 'name suffix')]!;
  return text;
}
