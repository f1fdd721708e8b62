/** The tables of HPACK (RFC 7541, sections 2.3 and 4). */
import { ConnectionError, errorCodes } from './errors.ts';

export interface Field {
  /** Lower case, as HTTP/2 has it. */
  readonly name: string;
  readonly value: string;
}

const FIELD_OVERHEAD_BYTES = 32;
/** What a field counts for in every limit. */
export const sizeOf = ({ name, value }: Field): number =>
  name.length + value.length + FIELD_OVERHEAD_BYTES;

/** Appendix A, in its order: "name" or "name value". */
const ENTRIES =
  ':authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|' +
  ':status 200|:status 204|:status 206|:status 304|:status 400|:status 404|:status 500|' +
  'accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept|' +
  'access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|' +
  'content-encoding|content-language|content-length|content-location|content-range|' +
  'content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|' +
  'if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|' +
  'proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|' +
  'set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate';
const staticTable: readonly Field[] = ENTRIES.split('|').map((entry) => {
  const [name, ...value] = entry.split(' ');
  return { name: name!, value: value.join(' ') };
});

/** What both sides of a connection have told each other so far. */
export class HeaderTable {
  /** Oldest first. */
  #fields: Field[] = [];
  #bytes = 0;
  #maxBytes: number;
  readonly #limitBytes: number;

  /** `limitBytes`: what we let the other side use. */
  constructor(limitBytes: number) {
    this.#limitBytes = this.#maxBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  at(index: number): Field {
    const field =
      index <= staticTable.length
        ? staticTable[index - 1]
        : this.#fields[this.#fields.length - (index - staticTable.length)];
    if (field !== undefined) return field;
    throw new ConnectionError(errorCodes.compressionError, `no header field ${index}`);
  }

  /** A field larger than the table empties it. */
  add(field: Field): void {
    this.#bytes += sizeOf(field);
    this.#fields.push(field);
    this.#evict();
  }

  resize(maxBytes: number): void {
    if (maxBytes > this.#limitBytes)
      throw new ConnectionError(errorCodes.compressionError, 'the header table grows too large');
    this.#maxBytes = maxBytes;
    this.#evict();
  }

  #evict(): void {
    let gone = 0;
    while (this.#bytes > this.#maxBytes) this.#bytes -= sizeOf(this.#fields[gone++]!);
    if (gone > 0) this.#fields = this.#fields.slice(gone);
  }
}
