/** IP addresses as text. */

/** Four bytes; undefined if the text is no dotted quad. Leading zeros are ambiguous: refused. */
export function parseIPv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** The eight 16-bit groups; undefined if the text is no IPv6 address. Zones are refused. */
export function parseIPv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1) return missing === 0 ? head : undefined;
  return missing >= 1 ? [...head, ...new Array<number>(missing).fill(0), ...tail] : undefined;
}

/** `mayEndInIPv4` holds for the part that ends the address ("::ffff:10.0.0.1"). */
function groups(text: string, mayEndInIPv4: boolean): number[] | undefined {
  if (text === '') return [];
  const out: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (part.includes('.')) {
      const quad = mayEndInIPv4 && i === parts.length - 1 ? parseIPv4(part) : undefined;
      if (quad === undefined) return undefined;
      out.push(quad[0]! * 256 + quad[1]!, quad[2]! * 256 + quad[3]!);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      out.push(parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return out;
}

/** Four or sixteen bytes; undefined if the text is no address. */
export function ipBytes(text: string): number[] | undefined {
  return parseIPv4(text) ?? parseIPv6(text)?.flatMap((group) => [group >> 8, group & 0xff]);
}

export function isIPv4(text: string): boolean {
  return parseIPv4(text) !== undefined;
}

export function isIPv6(text: string): boolean {
  return text !== '' && text.includes(':') && parseIPv6(text) !== undefined;
}

export function isIP(text: string): boolean {
  return isIPv4(text) || isIPv6(text);
}
