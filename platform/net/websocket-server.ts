/**
 * The server's end of a WebSocket (RFC 6455) on a connection that was taken over. In: frames of
 * all kinds, fragmented or not, pings, the closing handshake. Out: extensions; subprotocols are
 * their owners'. Own framing, because a connection here is a {@link ByteStream}, which the `ws`
 * package does not take.
 */
import { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteStream } from '../bytes/byte-stream.ts';
import type { Headers } from './http.ts';

/** A longer message ends the connection (1009). Clients send pieces of at most 32 or 64 KiB. */
export const MAX_MESSAGE_BYTES = 1 << 20;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const MAX_CONTROL_BYTES = 125;

export interface Message {
  readonly type: 'text' | 'binary';
  readonly bytes: Uint8Array;
}

/** Status codes of RFC 6455, section 7.4.1. */
export class WebSocketError extends Error {
  override readonly name = 'WebSocketError';
  readonly code: 1002 | 1003 | 1009;

  constructor(code: 1002 | 1003 | 1009, message: string) {
    super(message);
    this.code = code;
  }
}

export function isWebSocketRequest(headers: Headers): boolean {
  return (
    headers['upgrade']?.toLowerCase() === 'websocket' &&
    (headers['connection'] ?? '').toLowerCase().includes('upgrade')
  );
}

/** The subprotocols that a client offers, best first. */
export function offeredProtocols(headers: Headers): string[] {
  const text = headers['sec-websocket-protocol'] ?? '';
  return text.split(',').flatMap((each) => each.trim() || []);
}

/** Headers of the 101 that accepts; undefined if the request is no proper handshake. */
export function acceptance(
  headers: Headers,
  protocol: string,
  sha1: (bytes: Uint8Array) => Uint8Array,
): Headers | undefined {
  const key = headers['sec-websocket-key'];
  if (key === undefined || headers['sec-websocket-version'] !== '13') return undefined;
  const accept = Buffer.from(sha1(Buffer.from(key + GUID))).toString('base64');
  return {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-accept': accept,
    ...(protocol === '' ? {} : { 'sec-websocket-protocol': protocol }),
  };
}

interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export class ServerWebSocket {
  readonly #connection: ByteStream;
  readonly #reader: ByteReader;
  #closed = false;

  constructor(connection: ByteStream) {
    this.#connection = connection;
    this.#reader = new ByteReader(connection.incoming);
  }

  /** Iterated once. Ends with the closing handshake; rejects if the connection breaks off. */
  async *messages(): AsyncGenerator<Message> {
    let started: { type: Message['type']; parts: Buffer[]; length: number } | undefined;
    for (;;) {
      const frame = await this.#frame();
      if (frame === undefined) return;
      if (frame.opcode >= opcode.close) {
        if (!(await this.#control(frame))) return;
        continue;
      }
      if ((frame.opcode === opcode.continuation) !== (started !== undefined))
        throw new WebSocketError(1002, 'fragments out of order');
      if (frame.opcode > opcode.binary) throw new WebSocketError(1002, 'an unknown opcode');
      const type = frame.opcode === opcode.text ? 'text' : 'binary';
      started ??= { type, parts: [], length: 0 };
      started.parts.push(frame.payload);
      started.length += frame.payload.length;
      if (started.length > MAX_MESSAGE_BYTES) throw tooLong();
      if (!frame.fin) continue;
      const bytes =
        started.parts.length === 1 ? frame.payload : Buffer.concat(started.parts, started.length);
      yield { type: started.type, bytes };
      started = undefined;
    }
  }

  send(type: Message['type'], ...parts: readonly Uint8Array[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the WebSocket is closed'));
    return this.#write(opcode[type], parts);
  }

  /** Says goodbye and ends the connection. */
  async close(code: 1000 | 1001 | 1002 | 1003 | 1009 | 1011 = 1000, reason = ''): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      const body = Buffer.alloc(2);
      body.writeUInt16BE(code);
      const text = Buffer.from(reason).subarray(0, MAX_CONTROL_BYTES - 2);
      await this.#write(opcode.close, [body, text]).catch(() => {});
    }
    await this.#connection.end();
  }

  async #control({ opcode: kind, payload }: Frame): Promise<boolean> {
    if (kind === opcode.ping) await this.#write(opcode.pong, [payload]);
    if (kind !== opcode.close) return true;
    if (!this.#closed) {
      this.#closed = true;
      await this.#write(opcode.close, [payload.subarray(0, 2)]).catch(() => {});
    }
    return false;
  }

  async #frame(): Promise<Frame | undefined> {
    const head = await this.#reader.read(2);
    if (head === undefined) return undefined;
    const [first = 0, second = 0] = head;
    if ((first & 0x70) !== 0) throw new WebSocketError(1002, 'an extension nobody agreed on');
    if ((second & 0x80) === 0) throw new WebSocketError(1002, 'a frame without a mask');
    const fin = (first & 0x80) !== 0;
    const kind = first & 0x0f;
    let length = second & 0x7f;
    if (kind >= opcode.close && (!fin || length > MAX_CONTROL_BYTES || kind > opcode.pong))
      throw new WebSocketError(1002, 'a malformed control frame');
    if (length === 126) length = (await this.#reader.rest(2)).readUInt16BE();
    else if (length === 127) length = Number((await this.#reader.rest(8)).readBigUInt64BE());
    if (length > MAX_MESSAGE_BYTES) throw tooLong();
    const mask = await this.#reader.rest(4);
    const masked = await this.#reader.rest(length);
    const payload = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i++) payload[i] = masked[i]! ^ mask[i & 3]!;
    return { fin, opcode: kind, payload };
  }

  #write(kind: number, parts: readonly Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const extended = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
    const head = Buffer.alloc(2 + extended);
    head[0] = 0x80 | kind;
    head[1] = extended === 0 ? length : extended === 2 ? 126 : 127;
    if (extended === 2) head.writeUInt16BE(length, 2);
    else if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
    return this.#connection.write(Buffer.concat([head, ...parts]));
  }
}

function tooLong(): WebSocketError {
  return new WebSocketError(1009, `a message of more than ${MAX_MESSAGE_BYTES} bytes`);
}
