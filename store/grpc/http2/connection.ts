/**
 * The server's end of one HTTP/2 connection (RFC 9113), as gRPC needs it: requests with bodies,
 * answers with trailers.
 *
 * In: frames, header blocks, settings, both windows, pings, graceful and ungraceful ends, and the
 * bounds that keep one client from using up the server. Out: what a request means. Left out, as
 * the protocol allows: pushes, priorities (obsolete), larger frames.
 */
import type { Duplex } from '../../../platform/bytes/duplex.ts';
import { ConnectionError, errorCodes } from './errors.ts';
import {
  encodeFrame,
  FrameReader,
  frameFlags,
  frameTypes,
  goawayFrame,
  settingsFrame,
  u32Frame,
  type Frame,
} from './frames.ts';
import { HeaderBlocks, type HeaderBlock } from './header-blocks.ts';
import { MAX_HEADER_LIST_BYTES } from './header-decoder.ts';
import type { Field } from './header-table.ts';
import { IncomingWindow } from './incoming-window.ts';
import { Outgoing } from './outgoing.ts';
import type { PingLimit } from './ping-limit.ts';
import { hasRequestFields } from './request-fields.ts';
import { readSettings, settingIds } from './settings.ts';
import {
  ServerStream,
  STREAM_WINDOW_BYTES,
  type StreamControl,
  type StreamHandlers,
} from './stream.ts';

const CONNECTION_WINDOW_BYTES = 16 << 20;
const FIRST_WINDOW_BYTES = 65_535;
/** With more than this unsent, new requests are refused: the client does not read its answers. */
const MAX_UNSENT_BYTES = 256 << 20;
/** Answers to pings and settings, and resets, that a client may leave unread. */
const MAX_UNREAD_CONTROL_BYTES = 1 << 20;

export interface ConnectionLimits {
  /** Requests under way; further ones are refused, and clients send them again. */
  readonly maxStreams: number;
  /** Absent: clients may ping as often as they read the answers. */
  readonly pings?: PingLimit | undefined;
}

export interface ConnectionHandlers {
  /** A request. Undefined: not now; it is refused such that the client may send it again. */
  open(stream: ServerStream, fields: readonly Field[]): StreamHandlers | undefined;
  /** Called once; every stream has been aborted. */
  closed(): void;
}

export class ServerConnection {
  readonly #wire: Duplex;
  readonly #handlers: ConnectionHandlers;
  readonly #limits: ConnectionLimits;
  readonly #reader = new FrameReader('client');
  readonly #blocks = new HeaderBlocks();
  readonly #outgoing: Outgoing;
  readonly #window = new IncomingWindow(0, CONNECTION_WINDOW_BYTES);
  readonly #streams = new Map<number, ServerStream>();
  readonly #control: StreamControl = {
    send: (frame) => this.#wire.send(frame),
    reset: (stream, code) => this.#reset(stream, code),
  };
  #lastStreamId = 0;
  #hasSettings = false;
  #draining = false;
  #ended = false;
  #controlBytes = 0;
  /** Counts what has come, so that silence can be told. */
  framesReceived = 0;

  constructor(wire: Duplex, handlers: ConnectionHandlers, limits: ConnectionLimits) {
    this.#wire = wire;
    this.#handlers = handlers;
    this.#limits = limits;
    this.#outgoing = new Outgoing(wire, ({ streamId }) => this.#answered(streamId));
  }

  open(): void {
    this.#wire.send(
      settingsFrame([
        [settingIds.maxConcurrentStreams, this.#limits.maxStreams],
        [settingIds.initialWindowSize, STREAM_WINDOW_BYTES],
        [settingIds.maxHeaderListSize, MAX_HEADER_LIST_BYTES],
      ]),
    );
    const wider = CONNECTION_WINDOW_BYTES - FIRST_WINDOW_BYTES;
    this.#wire.send(u32Frame(frameTypes.windowUpdate, 0, wider));
    this.#wire.open({
      received: (bytes) => this.#received(bytes),
      drained: () => {
        this.#controlBytes = 0;
        this.#tellDrained();
      },
      closed: () => this.#closed(),
    });
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** No new requests; the connection ends with the last one under way. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#wire.send(goawayFrame(this.#lastStreamId, errorCodes.noError));
    this.#endIfIdle();
  }

  ping(): void {
    const payload = Buffer.alloc(8);
    this.#wire.send(encodeFrame({ type: frameTypes.ping, flags: 0, streamId: 0, payload }));
  }

  destroy(): void {
    this.#ended = true;
    this.#wire.destroy();
  }

  #received(bytes: Buffer): void {
    if (this.#ended) return;
    try {
      this.#reader.push(bytes, (frame) => this.#frame(frame));
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.#fail(error);
    }
  }

  #fail({ code, message }: ConnectionError): void {
    this.#ended = true;
    this.#wire.send(goawayFrame(this.#lastStreamId, code, message));
    this.#wire.end();
  }

  #frame(frame: Frame): void {
    // A failure amid a read: what follows in it is not looked at.
    if (this.#ended) return;
    this.framesReceived++;
    if (this.#controlBytes > MAX_UNREAD_CONTROL_BYTES)
      throw new ConnectionError(errorCodes.enhanceYourCalm, 'too many frames to answer');
    const { type } = frame;
    if (!this.#hasSettings && type !== frameTypes.settings)
      throw new ConnectionError(errorCodes.protocolError, 'no settings first');
    this.#blocks.expect(frame);
    switch (type) {
      case frameTypes.data:
        return this.#data(frame);
      case frameTypes.headers:
      case frameTypes.continuation:
        return this.#headers(frame);
      case frameTypes.rstStream:
        return this.#rst(frame);
      case frameTypes.settings:
        return this.#settings(frame);
      case frameTypes.ping:
        return this.#ping(frame);
      case frameTypes.windowUpdate:
        return this.#windowUpdate(frame);
      case frameTypes.pushPromise:
        throw new ConnectionError(errorCodes.protocolError, 'clients do not push');
      default:
      // GOAWAY: the client asks for no more; PRIORITY; what is not known is ignored (5.5).
    }
  }

  #data(frame: Frame): void {
    const { streamId, payload } = frame;
    // What comes is taken at once, by the connection's measure: streams have their own.
    this.#window.receive(payload.length);
    const grant = this.#window.take(payload.length);
    if (grant !== undefined) this.#wire.send(grant);
    const stream = this.#known(streamId);
    const body = unpadded(frame);
    // Sent before the client knew of a reset.
    if (stream === undefined) return;
    if (stream.isHalfClosed) return this.#reset(stream, errorCodes.streamClosed);
    if (!stream.receive(payload.length)) return this.#reset(stream, errorCodes.flowControlError);
    stream.take(payload.length - body.length);
    if (body.length > 0) stream.handlers!.received(body);
    if ((frame.flags & frameFlags.endStream) !== 0) this.#halfClose(stream);
  }

  /** Undefined for a stream that has ended. Throws for one that never began. */
  #known(streamId: number): ServerStream | undefined {
    const stream = this.#streams.get(streamId);
    if (stream === undefined && (streamId === 0 || streamId > this.#lastStreamId))
      throw new ConnectionError(errorCodes.protocolError, `no stream ${streamId}`);
    return stream;
  }

  #headers(frame: Frame): void {
    const block = this.#blocks.take(frame);
    if (block === undefined) return;
    const { streamId } = block;
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) {
      // Trailers: gRPC has no use for a client's.
      if (!block.endStream || stream.isHalfClosed)
        throw new ConnectionError(errorCodes.protocolError, 'header fields amid a request');
      return this.#halfClose(stream);
    }
    if (streamId % 2 === 0)
      throw new ConnectionError(errorCodes.protocolError, `a client opens no stream ${streamId}`);
    // Trailers of a request that was answered early, or reset meanwhile.
    if (streamId <= this.#lastStreamId) return;
    this.#lastStreamId = streamId;
    this.#open(block);
  }

  #open({ streamId, fields, isMalformed, endStream }: HeaderBlock): void {
    const stream = new ServerStream(streamId, this.#outgoing, this.#control);
    const { size } = this.#streams;
    this.#streams.set(streamId, stream);
    const { maxStreams } = this.#limits;
    if (this.#draining || size >= maxStreams || this.#outgoing.unsent > MAX_UNSENT_BYTES)
      return this.#reset(stream, errorCodes.refusedStream);
    if (fields === undefined) {
      stream.isHalfClosed = endStream;
      return stream.end([{ name: ':status', value: '431' }]);
    }
    if (isMalformed || !hasRequestFields(fields))
      return this.#reset(stream, errorCodes.protocolError);
    const handlers = this.#handlers.open(stream, fields);
    if (handlers === undefined) return this.#reset(stream, errorCodes.refusedStream);
    stream.handlers = handlers;
    if (endStream) this.#halfClose(stream);
  }

  #halfClose(stream: ServerStream): void {
    stream.isHalfClosed = true;
    // It may have been answered already.
    if (this.#streams.has(stream.id)) stream.handlers!.halfClosed();
  }

  /** The answer is complete. */
  #answered(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    // The client need not go on with its request (RFC 9113, 8.1).
    if (!stream.isHalfClosed)
      this.#answerControl(u32Frame(frameTypes.rstStream, streamId, errorCodes.noError));
    this.#forget(stream);
    this.#endIfIdle();
  }

  /**
   * The stream lets go of its call. In V8 the tables that a Map has outgrown keep their entries,
   * and one another, until a full collection: with them whole calls would grow old, and the
   * collector would copy what is long answered.
   */
  #forget(stream: ServerStream): void {
    this.#streams.delete(stream.id);
    stream.handlers = undefined;
  }

  #reset(stream: ServerStream, code: number): void {
    this.#answerControl(u32Frame(frameTypes.rstStream, stream.id, code));
    this.#abort(stream);
    this.#endIfIdle();
  }

  #abort(stream: ServerStream): void {
    const { handlers } = stream;
    this.#forget(stream);
    this.#outgoing.forget(stream.queue);
    handlers?.aborted();
  }

  #rst({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw wrongSize();
    const stream = this.#known(streamId);
    if (stream === undefined) return;
    this.#abort(stream);
    this.#endIfIdle();
  }

  #settings({ streamId, flags, payload }: Frame): void {
    if (streamId !== 0) throw new ConnectionError(errorCodes.protocolError, 'settings of a stream');
    this.#hasSettings = true;
    if ((flags & frameFlags.ack) !== 0) {
      if (payload.length !== 0) throw wrongSize();
      return;
    }
    let window: number | undefined;
    for (const [id, value] of readSettings(payload))
      if (id === settingIds.headerTableSize) this.#outgoing.limitTable(value);
      else if (id === settingIds.initialWindowSize) window = value;
    // Once, for it costs a look at every stream: a frame may name it 64 times.
    if (window !== undefined)
      this.#outgoing.resizeWindows(
        window,
        [...this.#streams.values()].map(({ queue }) => queue),
      );
    const acknowledged = { type: frameTypes.settings, flags: frameFlags.ack, streamId };
    this.#answerControl(encodeFrame({ ...acknowledged, payload: Buffer.alloc(0) }));
    this.#tellDrained();
  }

  #ping(frame: Frame): void {
    if (frame.payload.length !== 8) throw wrongSize();
    if (frame.streamId !== 0)
      throw new ConnectionError(errorCodes.protocolError, 'a ping of a stream');
    if ((frame.flags & frameFlags.ack) !== 0) return;
    this.#answerControl(encodeFrame({ ...frame, flags: frameFlags.ack }));
    const at = { hasCalls: this.#streams.size > 0, framesSent: this.#outgoing.framesSent };
    if (this.#limits.pings?.isExceeded(at) === true)
      throw new ConnectionError(errorCodes.enhanceYourCalm, 'too_many_pings');
  }

  #answerControl(bytes: Buffer): void {
    this.#controlBytes = this.#wire.waiting === 0 ? 0 : this.#controlBytes + bytes.length;
    this.#wire.send(bytes);
  }

  #windowUpdate({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw wrongSize();
    const bytes = payload.readUInt32BE(0) & 0x7fffffff;
    if (streamId === 0) {
      if (bytes === 0) throw new ConnectionError(errorCodes.protocolError, 'an update by nothing');
      this.#outgoing.widenConnection(bytes);
      this.#tellDrained();
      return;
    }
    const stream = this.#known(streamId);
    if (stream === undefined) return;
    if (bytes === 0) return this.#reset(stream, errorCodes.protocolError);
    try {
      this.#outgoing.widen(stream.queue, bytes);
    } catch {
      return this.#reset(stream, errorCodes.flowControlError);
    }
    this.#tellDrain(stream);
  }

  #tellDrained(): void {
    this.#outgoing.drained();
    for (const stream of [...this.#streams.values()]) this.#tellDrain(stream);
  }

  #tellDrain(stream: ServerStream): void {
    if (this.#outgoing.takeDrain(stream.queue)) stream.handlers?.drained();
  }

  #endIfIdle(): void {
    if (!this.#draining || this.#ended || this.#streams.size > 0) return;
    this.#ended = true;
    this.#wire.end();
  }

  #closed(): void {
    this.#ended = true;
    for (const stream of [...this.#streams.values()]) this.#abort(stream);
    this.#handlers.closed();
  }
}

/** The body of a DATA frame. */
function unpadded({ flags, payload }: Frame): Buffer {
  if ((flags & frameFlags.padded) === 0) return payload;
  const end = payload.length - (payload[0] ?? 0);
  if (end < 1) throw new ConnectionError(errorCodes.protocolError, 'more padding than frame');
  return payload.subarray(1, end);
}

const wrongSize = (): ConnectionError =>
  new ConnectionError(errorCodes.frameSizeError, 'a frame of the wrong size');
