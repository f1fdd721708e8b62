const BMP = 0xffff;
const SURROGATE = /[\ud800-\udbff]/;

/** How many code points. */
export function characters(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    if (text.codePointAt(i)! <= BMP) continue;
    count--;
    i++;
  }
  return count;
}
