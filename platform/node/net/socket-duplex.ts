import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Duplex, DuplexHandlers } from '../../bytes/duplex.ts';

/** A little more than 64 KiB: four full frames of HTTP/2 with their headers. */
const ROOM_BYTES = 65 * 1024;
/** Rooms that nobody uses are kept, so many at most. */
const MAX_ROOMS = 32;
/** Who sends as much as this in a turn is told when it has left. */
const LARGE_BYTES = 64 * 1024;
/** A socket on which nobody takes what was sent last is dropped after this. */
const END_MS = 1_000;

/** Of all connections: one that sends nothing has none. */
const rooms: Buffer[] = [];
const NO_ROOM = Buffer.alloc(0);

/** A socket from which nothing has been read, or whose first bytes were put back. */
export class SocketDuplex implements Duplex {
  room: Buffer = NO_ROOM;
  readonly address: string;
  readonly #socket: Socket;
  /** TLS reads what is written later. */
  readonly #isPlain: boolean;
  /** Of the room. */
  #filled = 0;
  #isCalled = false;
  #leftInTurn = 0;
  #ending = false;
  #drained: () => void = () => {};
  readonly #flush = (): void => this.#leave();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.address = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#isPlain = !(socket instanceof TLSSocket);
  }

  get waiting(): number {
    return this.#filled + this.#socket.writableLength;
  }

  get commonName(): string | undefined {
    if (!(this.#socket instanceof TLSSocket)) return undefined;
    const subject = this.#socket.getPeerCertificate().subject as
      { CN?: string | string[] } | undefined;
    const name = Array.isArray(subject?.CN) ? subject.CN[0] : subject?.CN;
    return name === '' ? undefined : name;
  }

  open(handlers: DuplexHandlers): void {
    const socket = this.#socket;
    socket.on('data', (bytes: Buffer) => {
      if (!this.#ending) handlers.received(bytes);
    });
    this.#drained = () => handlers.drained();
    socket.on('drain', this.#drained);
    socket.once('end', () => this.end());
    socket.once('close', () => handlers.closed());
    if (socket.destroyed) handlers.closed();
  }

  send(bytes: Uint8Array): void {
    const at = this.claim(bytes.length);
    this.room.set(bytes, at);
  }

  claim(bytes: number): number {
    // Ticks run when no promise is left to settle: the answers of a whole batch are there by then.
    if (!this.#isCalled) {
      this.#isCalled = true;
      process.nextTick(this.#flush);
    }
    if (this.room.length - this.#filled < bytes) {
      // The other side may begin with it.
      this.#write();
      if (this.room.length < bytes)
        this.room = bytes > ROOM_BYTES ? Buffer.allocUnsafeSlow(bytes) : freeRoom();
    }
    const at = this.#filled;
    this.#filled += bytes;
    return at;
  }

  /** Hands what is in the room to the socket. */
  #write(): void {
    if (this.#filled === 0) return;
    const filled = this.room.subarray(0, this.#filled);
    this.#leftInTurn += this.#filled;
    this.#filled = 0;
    const socket = this.#socket;
    if (this.#ending || socket.destroyed) return;
    if (!this.#isPlain || socket.writableLength > 0) {
      socket.write(Buffer.from(filled));
      return;
    }
    socket.write(filled);
    // The rest leaves from here, later.
    if (socket.writableLength > 0) this.room = NO_ROOM;
  }

  #leave(): void {
    this.#isCalled = false;
    this.#write();
    if (this.room.length === ROOM_BYTES && rooms.length < MAX_ROOMS) rooms.push(this.room);
    this.room = NO_ROOM;
    const left = this.#leftInTurn;
    this.#leftInTurn = 0;
    // Otherwise the socket says so itself.
    if (left >= LARGE_BYTES && !this.#socket.writableNeedDrain) this.#drained();
  }

  end(): void {
    if (this.#ending) return;
    this.#write();
    this.#ending = true;
    const deadline = setTimeout(() => this.#socket.destroy(), END_MS);
    this.#socket.once('close', () => clearTimeout(deadline));
    this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#ending = true;
    this.#socket.destroy();
  }
}

const freeRoom = (): Buffer => rooms.pop() ?? Buffer.allocUnsafeSlow(ROOM_BYTES);
