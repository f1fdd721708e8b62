/** FNV-1a's 32-bit offset basis and prime (RFC 9923, section 5). */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a of the text's UTF-8, begun from `seed`. */
export function fnv32a(text: string, seed = OFFSET): number {
  let hash = seed;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}
