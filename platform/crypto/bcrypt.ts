/**
 * bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999) as OpenBSD and Go
 * write it ("$2a$"), so that password hashes move between this store and etcd. Slow on purpose:
 * run it in a worker (platform/node/crypto/bcrypt-worker.ts).
 */

const ROUNDS = 16;
const P_WORDS = ROUNDS + 2;
const S_WORDS = 4 * 256;
const WORDS = P_WORDS + S_WORDS;
const SALT_BYTES = 16;
/** The last byte of the three encrypted blocks is dropped, as everyone does. */
const DIGEST_BYTES = 23;
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MAGIC = 'OrpheanBeholderScryDoubt';
const FORM = /^\$2[abxy]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

let piWords: Int32Array | undefined;

/** Blowfish starts from the digits of pi after the point: Machin's formula, in integers. */
function fractionOfPi(): Int32Array {
  if (piWords !== undefined) return piWords;
  const bits = BigInt(WORDS * 32);
  const guard = 64n;
  const one = 1n << (bits + guard);
  const arctanOfInverse = (x: bigint): bigint => {
    const square = x * x;
    let term = one / x;
    let sum = term;
    for (let n = 3n; term !== 0n; n += 2n) {
      term /= square;
      sum += n % 4n === 3n ? -(term / n) : term / n;
    }
    return sum;
  };
  const pi = (16n * arctanOfInverse(5n) - 4n * arctanOfInverse(239n)) >> guard;
  const hex = (pi & ((1n << bits) - 1n)).toString(16).padStart(WORDS * 8, '0');
  piWords = Int32Array.from({ length: WORDS }, (_, i) => parseInt(hex.slice(i * 8, i * 8 + 8), 16));
  return piWords;
}

class Blowfish {
  readonly #p: Int32Array;
  readonly #s: Int32Array;
  left = 0;
  right = 0;

  constructor() {
    const words = fractionOfPi();
    this.#p = words.slice(0, P_WORDS);
    this.#s = words.slice(P_WORDS);
  }

  /** Encrypts {@link left} and {@link right} in place. */
  encrypt(): void {
    const p = this.#p;
    const s = this.#s;
    let left = this.left ^ p[0]!;
    let right = this.right;
    for (let i = 1; i <= ROUNDS; i += 2) {
      right ^=
        (((s[left >>> 24]! + s[256 + ((left >>> 16) & 255)]!) ^ s[512 + ((left >>> 8) & 255)]!) +
          s[768 + (left & 255)]!) ^
        p[i]!;
      left ^=
        (((s[right >>> 24]! + s[256 + ((right >>> 16) & 255)]!) ^ s[512 + ((right >>> 8) & 255)]!) +
          s[768 + (right & 255)]!) ^
        p[i + 1]!;
    }
    this.left = right ^ p[ROUNDS + 1]!;
    this.right = left;
  }

  /** The expensive key schedule's step. `salt` absent: zeros. */
  expand(key: Int32Array, salt?: Int32Array): void {
    const p = this.#p;
    for (let i = 0; i < P_WORDS; i++) p[i]! ^= key[i]!;
    this.left = 0;
    this.right = 0;
    let at = 0;
    for (const words of [p, this.#s])
      for (let i = 0; i < words.length; i += 2) {
        if (salt !== undefined) {
          this.left ^= salt[at]!;
          this.right ^= salt[at + 1]!;
          at ^= 2;
        }
        this.encrypt();
        words[i] = this.left;
        words[i + 1] = this.right;
      }
  }
}

/** `count` big-endian words of the bytes, over and over. */
function cycled(bytes: Uint8Array, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, word) => {
    let value = 0;
    for (let i = 0; i < 4; i++) value = (value << 8) | bytes[(word * 4 + i) % bytes.length]!;
    return value;
  });
}

function digestOf(password: string, salt: Uint8Array, cost: number): Buffer {
  const key = cycled(Buffer.from(`${password}\0`), P_WORDS);
  const saltKey = cycled(salt, P_WORDS);
  const cipher = new Blowfish();
  cipher.expand(key, cycled(salt, 4));
  for (let i = 2 ** cost; i > 0; i--) {
    cipher.expand(key);
    cipher.expand(saltKey);
  }
  const text = cycled(Buffer.from(MAGIC), 6);
  const digest = Buffer.alloc(24);
  for (let i = 0; i < 6; i += 2) {
    cipher.left = text[i]!;
    cipher.right = text[i + 1]!;
    for (let round = 0; round < 64; round++) cipher.encrypt();
    digest.writeInt32BE(cipher.left, i * 4);
    digest.writeInt32BE(cipher.right, i * 4 + 4);
  }
  return digest.subarray(0, DIGEST_BYTES);
}

/** Base 64 with bcrypt's own alphabet, without padding. */
function encode(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const length = Math.min(4, bytes.length - i + 1);
    for (let j = 0; j < length; j++) text += ALPHABET[(group >> (18 - 6 * j)) & 63];
  }
  return text;
}

function decode(text: string): Buffer {
  const bytes = Buffer.alloc(Math.floor((text.length * 6) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text) {
    held = ((held << 6) | ALPHABET.indexOf(letter)) & 0xffff;
    bits += 6;
    if (bits < 8 || at >= bytes.length) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 255;
  }
  return bytes;
}

/** `salt`: 16 random bytes. Throws a RangeError for a cost outside 4 … 31. */
export function bcrypt(password: string, salt: Uint8Array, cost: number): string {
  if (!(cost >= 4 && cost <= 31)) throw new RangeError(`bcrypt cost ${cost} is not in 4 … 31`);
  const digest = digestOf(password, salt.subarray(0, SALT_BYTES), cost);
  return `$2a$${String(cost).padStart(2, '0')}$${encode(salt)}${encode(digest)}`;
}

export function bcryptMatches(password: string, hash: string): boolean {
  const [, cost, salt, digest] = FORM.exec(hash) ?? [];
  if (cost === undefined) return false;
  return encode(digestOf(password, decode(salt!), Number(cost))) === digest;
}
