/**
 * NaCl's secretbox: XSalsa20 (Bernstein, "Extending the Salsa20 nonce") with Poly1305 ("The
 * Poly1305-AES message-authentication code"). OpenSSL has neither in the form that is needed. For
 * small values: an API's secrets, not streams.
 */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const BLOCK = 64;
export const KEY_BYTES = 32;
export const NONCE_BYTES = 24;
const TAG_BYTES = 16;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

function quarter(x: Uint32Array, [a, b, c, d]: readonly number[]): void {
  x[b!] = x[b!]! ^ rotate((x[a!]! + x[d!]!) | 0, 7);
  x[c!] = x[c!]! ^ rotate((x[b!]! + x[a!]!) | 0, 9);
  x[d!] = x[d!]! ^ rotate((x[c!]! + x[b!]!) | 0, 13);
  x[a!] = x[a!]! ^ rotate((x[d!]! + x[c!]!) | 0, 18);
}

/** Columns and rows of the 4 × 4 matrix, as one double round takes them. */
const ROUND: readonly (readonly number[])[] = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
];

/** The matrix before the rounds: constants on the diagonal, the key around, 16 bytes of input. */
function matrix(key: Uint8Array, input: Uint8Array): Uint32Array {
  const k = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const n = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const x = new Uint32Array(16);
  for (let i = 0; i < 4; i++) {
    x[i * 5] = SIGMA[i]!;
    x[1 + i] = k.getUint32(i * 4, true);
    x[11 + i] = k.getUint32(16 + i * 4, true);
    x[6 + i] = n.getUint32(i * 4, true);
  }
  return x;
}

function rounds(start: Uint32Array): Uint32Array {
  const x = start.slice();
  for (let i = 0; i < 10; i++) for (const quad of ROUND) quarter(x, quad);
  return x;
}

/** HSalsa20: a key for the rest of the nonce. */
function subkey(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const x = rounds(matrix(key, nonce.subarray(0, 16)));
  const out = new DataView(new ArrayBuffer(KEY_BYTES));
  [0, 5, 10, 15, 6, 7, 8, 9].forEach((word, i) => out.setUint32(i * 4, x[word]!, true));
  return new Uint8Array(out.buffer);
}

/** `length` bytes of XSalsa20's stream. */
function stream(key: Uint8Array, nonce: Uint8Array, length: number): Uint8Array {
  const own = subkey(key, nonce);
  const input = new Uint8Array(16);
  input.set(nonce.subarray(16));
  const counter = new DataView(input.buffer);
  const out = new DataView(new ArrayBuffer(Math.ceil(length / BLOCK) * BLOCK));
  for (let block = 0; block * BLOCK < length; block++) {
    counter.setUint32(8, block, true);
    const start = matrix(own, input);
    const x = rounds(start);
    for (let i = 0; i < 16; i++) out.setUint32(block * BLOCK + i * 4, x[i]! + start[i]!, true);
  }
  return new Uint8Array(out.buffer, 0, length);
}

const P = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

function poly1305(message: Uint8Array, key: Uint8Array): Uint8Array {
  const r = littleEndian(key.subarray(0, 16)) & CLAMP;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const chunk = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(chunk) + (1n << BigInt(8 * chunk.length))) * r) % P;
  }
  sum = (sum + littleEndian(key.subarray(16, 32))) & ((1n << 128n) - 1n);
  return Uint8Array.from({ length: TAG_BYTES }, (_, i) => Number((sum >> BigInt(8 * i)) & 0xffn));
}

function xor(text: Uint8Array, pad: Uint8Array): Uint8Array {
  return text.map((byte, i) => byte ^ pad[i]!);
}

/** Tag and ciphertext, as NaCl lays them out. */
export function sealBox(plain: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  const pad = stream(key, nonce, KEY_BYTES + plain.length);
  const text = xor(plain, pad.subarray(KEY_BYTES));
  return Buffer.concat([poly1305(text, pad.subarray(0, KEY_BYTES)), text]);
}

/** Undefined unless it was sealed with this key and nonce. */
export function openBox(
  sealed: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const text = sealed.subarray(TAG_BYTES);
  const pad = stream(key, nonce, KEY_BYTES + text.length);
  const tag = poly1305(text, pad.subarray(0, KEY_BYTES));
  let difference = 0;
  for (let i = 0; i < TAG_BYTES; i++) difference |= tag[i]! ^ sealed[i]!;
  return difference === 0 ? xor(text, pad.subarray(KEY_BYTES)) : undefined;
}
