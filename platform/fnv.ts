/** The 32-bit offset basis and prime of FNV (RFC 9923, section 5). */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a of the bytes, or of the text's UTF-8, begun from `seed`. */
export function fnv32a(data: string | Uint8Array, seed = OFFSET): number {
  let hash = seed;
  for (const byte of typeof data === 'string' ? Buffer.from(data) : data)
    hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}

/** FNV-1 of the text's UTF-8. */
export function fnv32(text: string): number {
  let hash = OFFSET;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash, PRIME) ^ byte;
  return hash >>> 0;
}
