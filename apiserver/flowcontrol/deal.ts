/**
 * Shuffle sharding (KEP-1040): each flow is dealt a hand of queues out of all, always the same,
 * so that two flows seldom share all of theirs.
 */

/** FNV-1a over UTF-16 units, from a seed of its own. */
function hash(text: string, seed: number): number {
  let value = seed >>> 0;
  for (let i = 0; i < text.length; i++) {
    value ^= text.charCodeAt(i);
    value = Math.imul(value, 0x01000193);
  }
  // What the last characters say reaches all bits.
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** `handSize` different numbers below `queues`. */
export function deal(flow: string, queues: number, handSize: number): number[] {
  const hand: number[] = [];
  for (let i = 0; i < handSize; i++) {
    // One of those that are left, counted as if those in the hand were not there.
    let card = hash(flow, 0x811c9dc5 + i * 0x9e3779b1) % (queues - i);
    for (const taken of [...hand].sort((a, b) => a - b)) if (taken <= card) card++;
    hand.push(card);
  }
  return hand;
}
