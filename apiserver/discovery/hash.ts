/**
 * A 53-bit fingerprint of a text (cyrb53's mixing: two 32-bit lanes of multiply and xor), in
 * hex. Tells one version of a document from another; no secret and no signature hangs on it.
 */
export function fingerprint(text: string): string {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x9e3779b1);
    high = Math.imul(high ^ unit, 0x5f356495);
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
  return (hex(high) + hex(low)).toUpperCase();
}
