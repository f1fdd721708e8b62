/**
 * A gRPC connection that sends prepared messages and does not decode answers. It speaks HTTP/2
 * itself, on the bare socket: with Node's module the generator would cost more than what it loads.
 * It does not look at the server's windows: what it sends at once is smaller than the smallest.
 */
import { connect, type Socket } from 'node:net';
import {
  encodeFrame,
  frameFlags,
  FrameReader,
  frameTypes,
  MAX_FRAME_BYTES,
  settingsFrame,
  u32Frame,
  type Frame,
} from '../store/grpc/http2/frames.ts';
import { IncompleteBytes, MessageReader } from '../store/grpc/message-reader.ts';
import { HeaderDecoder } from '../store/grpc/http2/header-decoder.ts';
import { settingIds } from '../store/grpc/http2/settings.ts';

export interface GrpcClient {
  /** One unary call with an encoded message; resolves when it is answered, rejects unless OK. */
  call(path: string, message: Uint8Array): Promise<void>;
  /** A stream of messages both ways; `received` gets each whole. */
  converse(path: string, received: (message: Buffer) => void): GrpcStream;
  close(): void;
}

export interface GrpcStream {
  send(message: Uint8Array): void;
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const MAX_WINDOW = 2 ** 31 - 1;
const MAX_STREAM_ID = 2 ** 31 - 1;
const POST = 0x83;
const HTTP = 0x86;
/** Of the first of our fields in the server's table, once all are in it. */
const FIRST_INDEX = 62;

const literal = (text: string): Buffer => Buffer.from([text.length, ...Buffer.from(text)]);
/** A field that enters the server's table. */
const entering = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0x40]), literal(name), literal(value)]);

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

class BareClient implements GrpcClient {
  readonly #socket: Socket;
  readonly #reader = new FrameReader('server');
  readonly #headers = new HeaderDecoder();
  readonly #waiting = new Map<number, Waiting>();
  readonly #streams = new Map<number, (bytes: Buffer) => void>();
  readonly #paths: string[] = [];
  readonly #authority: string;
  #nextId = 1;
  #unacknowledged = 0;
  #pieces: Buffer[] = [];

  constructor(endpoint: string) {
    const { hostname, port, host } = new URL(endpoint);
    this.#authority = host;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const settings = settingsFrame([[settingIds.initialWindowSize, MAX_WINDOW]]);
    const window = u32Frame(frameTypes.windowUpdate, 0, MAX_WINDOW - 65_535);
    this.#socket.write(Buffer.concat([Buffer.from(PREFACE), settings, window]));
    this.#socket.on('data', (bytes: Buffer) => this.#reader.push(bytes, (f) => this.#frame(f)));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the connection has closed')));
  }

  call(path: string, message: Uint8Array): Promise<void> {
    if (this.#socket.destroyed || this.#nextId > MAX_STREAM_ID)
      return Promise.reject(new Error('the connection has closed'));
    const streamId = this.#nextId;
    this.#nextId += 2;
    this.#open(streamId, path);
    this.#send(streamId, message, frameFlags.endStream);
    return new Promise((resolve, reject) => this.#waiting.set(streamId, { resolve, reject }));
  }

  converse(path: string, received: (message: Buffer) => void): GrpcStream {
    const streamId = this.#nextId;
    this.#nextId += 2;
    const reader = new MessageReader(Infinity, new IncompleteBytes(Infinity));
    this.#streams.set(streamId, (bytes) => reader.push(bytes, received));
    this.#open(streamId, path);
    return { send: (message) => this.#send(streamId, message, 0) };
  }

  #open(streamId: number, path: string): void {
    const headers = { type: frameTypes.headers, flags: frameFlags.endHeaders, streamId };
    this.#queue(encodeFrame({ ...headers, payload: this.#head(path) }));
  }

  #send(streamId: number, message: Uint8Array, flags: number): void {
    const payload = Buffer.allocUnsafe(5 + message.length);
    payload[0] = 0;
    payload.writeUInt32BE(message.length, 1);
    payload.set(message, 5);
    for (let at = 0; at < payload.length; at += MAX_FRAME_BYTES) {
      const part = payload.subarray(at, at + MAX_FRAME_BYTES);
      const isLast = at + MAX_FRAME_BYTES >= payload.length;
      const data = { type: frameTypes.data, flags: isLast ? flags : 0, streamId };
      this.#queue(encodeFrame({ ...data, payload: part }));
    }
  }

  #queue(frame: Buffer): void {
    if (this.#pieces.length === 0) process.nextTick(() => this.#flush());
    this.#pieces.push(frame);
  }

  #flush(): void {
    this.#socket.write(Buffer.concat(this.#pieces));
    this.#pieces = [];
  }

  /** Four fields enter the server's table with a path's first call; the newest comes first. */
  #head(path: string): Buffer {
    const known = this.#paths.indexOf(path);
    if (known >= 0) {
      const te = 0x80 | (FIRST_INDEX + 4 * (this.#paths.length - 1 - known));
      return Buffer.from([POST, HTTP, te + 3, te + 2, te + 1, te]);
    }
    this.#paths.push(path);
    return Buffer.concat([
      Buffer.from([POST, HTTP]),
      entering(':authority', this.#authority),
      entering(':path', path),
      entering('content-type', 'application/grpc'),
      entering('te', 'trailers'),
    ]);
  }

  #frame({ type, flags, streamId, payload }: Frame): void {
    const isEnd = (flags & frameFlags.endStream) !== 0;
    if (type === frameTypes.headers) {
      const fields = this.#headers.decode(payload) ?? [];
      if (!isEnd) return;
      const status = fields.find(({ name }) => name === 'grpc-status')?.value;
      this.#settle(streamId, status);
    } else if (type === frameTypes.rstStream && this.#waiting.has(streamId))
      this.#settle(streamId, `none: reset with ${payload.readUInt32BE(0)}`);
    else if (type === frameTypes.data) {
      this.#taken(payload.length);
      this.#streams.get(streamId)?.(payload);
    } else if (type === frameTypes.settings && (flags & frameFlags.ack) === 0)
      this.#socket.write(encodeFrame({ type, flags: frameFlags.ack, streamId, payload: NOTHING }));
    else if (type === frameTypes.ping && (flags & frameFlags.ack) === 0)
      this.#socket.write(encodeFrame({ type, flags: frameFlags.ack, streamId, payload }));
  }

  #taken(bytes: number): void {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged < MAX_WINDOW / 2) return;
    this.#socket.write(u32Frame(frameTypes.windowUpdate, 0, this.#unacknowledged));
    this.#unacknowledged = 0;
  }

  #settle(streamId: number, status: string | undefined): void {
    const waiting = this.#waiting.get(streamId);
    this.#waiting.delete(streamId);
    if (status === '0') waiting?.resolve();
    else waiting?.reject(new Error(`grpc-status ${status}`));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  close(): void {
    this.#socket.destroy();
  }
}

const NOTHING = Buffer.alloc(0);

export const openGrpc = (endpoint: string): GrpcClient => new BareClient(endpoint);
