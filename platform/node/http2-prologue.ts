/**
 * What comes on an HTTP/2 connection before the server looks: the preface, settings, and the first
 * header fields. They are read, set right if they need it (`http2-authority.ts`), and put back, so
 * that Node takes the socket itself over and pays nothing for it later.
 *
 * Most gRPC clients send no header fields before they have seen the server's settings. So empty
 * ones are sent here (Node sends its own afterwards, which is legal at any time: RFC 9113, 6.5),
 * and the client's acknowledgement of them is taken out: Node would not know what it is for.
 */
import type { Duplex } from 'node:stream';
import { withPlainAuthority } from './http2-authority.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const FRAME_HEADER_BYTES = 9;
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
/** The largest a client may send before it knows that the server takes more. */
const MAX_FRAME_BYTES = 16_384;
/** Of a client that sends requests without waiting: all that flow control grants, and frames. */
const MAX_PROLOGUE_BYTES = 256 * 1024;
/** A client that has seen settings and asks for nothing by then is handed on as it is. */
const FIRST_REQUEST_MS = 5_000;
/** One that does not acknowledge settings is not there any more. */
const ACKNOWLEDGE_MS = 30_000;

const HEADERS = 1;
const PRIORITY = 2;
const SETTINGS = 4;
const WINDOW_UPDATE = 8;
/** What may come before, or as, the first request. */
const early: ReadonlySet<number> = new Set([HEADERS, PRIORITY, SETTINGS, WINDOW_UPDATE]);
const ACK = 0x1;
const PADDED = 0x8;
const HAS_PRIORITY = 0x20;

/** The payload of a HEADERS frame set right, or undefined. Padding goes. */
function corrected(payload: Buffer, flags: number): Buffer | undefined {
  const padded = (flags & PADDED) !== 0;
  const start = (padded ? 1 : 0) + ((flags & HAS_PRIORITY) === 0 ? 0 : 5);
  const end = payload.length - (padded ? (payload[0] ?? 0) : 0);
  if (start > end) return undefined;
  const block = withPlainAuthority(payload.subarray(start, end));
  if (block === undefined) return undefined;
  const whole = Buffer.concat([payload.subarray(padded ? 1 : 0, start), block]);
  return whole.length > MAX_FRAME_BYTES ? undefined : whole;
}

function frame(header: Buffer, flags: number, payload: Buffer): Buffer {
  const head = Buffer.from(header);
  head.writeUIntBE(payload.length, 0, 3);
  head[4] = flags;
  return Buffer.concat([head, payload]);
}

/** The bytes so far, frame by frame. */
export class Prologue {
  /** What is to be put back. */
  #bytes: Buffer = Buffer.alloc(0);
  /** Frames up to here have been looked at. */
  #seen = 0;
  /** Header fields came, or something that shows that none will come first. */
  #decided = false;
  /** Settings were sent and are not acknowledged yet. */
  #owed = false;

  get bytes(): Buffer {
    return this.#bytes;
  }

  get tooLong(): boolean {
    return this.#bytes.length > MAX_PROLOGUE_BYTES;
  }

  /** Nothing more is to be waited for. */
  get done(): boolean {
    return this.#decided && !this.#owed;
  }

  /** The client has sent its settings and no request: it waits for those of the server. */
  get waits(): boolean {
    return !this.#decided && !this.#owed && this.#seen > PREFACE.length;
  }

  get owed(): boolean {
    return this.#owed;
  }

  /** The server's settings were sent. */
  greeted(): void {
    this.#owed = true;
  }

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (this.#seen === 0) {
      const length = Math.min(this.#bytes.length, PREFACE.length);
      if (!PREFACE.subarray(0, length).equals(this.#bytes.subarray(0, length)))
        this.#decided = true;
      if (this.#bytes.length < PREFACE.length) return;
      this.#seen = PREFACE.length;
    }
    while (!this.done && this.#frame()) continue;
  }

  /** Looks at one frame; false if it is not all here. */
  #frame(): boolean {
    const header = this.#bytes.subarray(this.#seen, this.#seen + FRAME_HEADER_BYTES);
    if (header.length < FRAME_HEADER_BYTES) return false;
    const start = this.#seen + FRAME_HEADER_BYTES;
    const end = start + header.readUIntBE(0, 3);
    const [type, flags] = [header[3]!, header[4]!];
    if (!early.has(type)) this.#decided = true;
    if (end - start > MAX_FRAME_BYTES) {
      // Node refuses it, and with it the connection.
      [this.#decided, this.#owed] = [true, false];
      return false;
    }
    if (end > this.#bytes.length) return false;
    this.#seen = end;
    if (type === SETTINGS && (flags & ACK) !== 0 && this.#owed) {
      this.#owed = false;
      this.#replace(start - FRAME_HEADER_BYTES, end, Buffer.alloc(0));
    } else if (type === HEADERS && !this.#decided) {
      this.#decided = true;
      const payload = corrected(this.#bytes.subarray(start, end), flags);
      if (payload !== undefined)
        this.#replace(start - FRAME_HEADER_BYTES, end, frame(header, flags & ~PADDED, payload));
    }
    return true;
  }

  #replace(start: number, end: number, by: Buffer): void {
    const after = this.#bytes.subarray(end);
    this.#bytes = Buffer.concat([this.#bytes.subarray(0, start), by, after]);
    this.#seen = start + by.length;
  }
}

/** Calls `ready` once `socket` can be handed to Node; a socket that fails before is destroyed. */
export function readPrologue(socket: Duplex, ready: () => void): void {
  const prologue = new Prologue();
  let deadline = setTimeout(() => socket.destroy(), ACKNOWLEDGE_MS);
  const ignore = (): void => {};
  const stop = (): void => {
    clearTimeout(deadline);
    socket.off('readable', look);
    socket.off('close', stop);
    socket.off('error', ignore);
  };
  const finish = (): void => {
    stop();
    if (prologue.bytes.length > 0) socket.unshift(prologue.bytes);
    ready();
  };
  let [greeted, acknowledged] = [false, false];
  const look = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    prologue.push(bytes);
    if (prologue.tooLong) socket.destroy();
    else if (prologue.done) finish();
    else if (!greeted && prologue.waits) {
      greeted = true;
      prologue.greeted();
      socket.write(EMPTY_SETTINGS);
    } else if (greeted && !acknowledged && !prologue.owed) {
      acknowledged = true;
      clearTimeout(deadline);
      deadline = setTimeout(finish, FIRST_REQUEST_MS);
    }
  };
  socket.on('readable', look);
  socket.on('close', stop);
  socket.on('error', ignore);
}
