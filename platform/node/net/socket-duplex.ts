import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Duplex, DuplexHandlers } from '../../duplex.ts';

/** More than this is handed to the socket piece by piece: copying it together costs more. */
const JOIN_BYTES = 64 * 1024;
/** A socket on which nobody takes what was sent last is dropped after this. */
const END_MS = 1_000;

/** A socket from which nothing has been read, or whose first bytes were put back. */
export class SocketDuplex implements Duplex {
  readonly #socket: Socket;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #ending = false;
  #drained: () => void = () => {};
  readonly #flush = (): void => this.#leave();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get waiting(): number {
    return this.#bytes + this.#socket.writableLength;
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
    if (this.#ending || this.#socket.destroyed) return;
    // Ticks run when no promise is left to settle: the answers of a whole batch are there by then.
    if (this.#pieces.length === 0) process.nextTick(this.#flush);
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }

  #leave(): void {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    const bytes = this.#bytes;
    this.#pieces = [];
    this.#bytes = 0;
    if (this.#socket.destroyed) return;
    if (pieces.length === 1) this.#socket.write(pieces[0]!);
    else if (bytes <= JOIN_BYTES) this.#socket.write(Buffer.concat(pieces, bytes));
    else {
      this.#socket.cork();
      for (const piece of pieces) this.#socket.write(piece);
      this.#socket.uncork();
    }
    // Otherwise the socket says so itself.
    if (bytes >= JOIN_BYTES && !this.#socket.writableNeedDrain) this.#drained();
  }

  end(): void {
    if (this.#ending) return;
    this.#leave();
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
