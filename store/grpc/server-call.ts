/** One gRPC call on an HTTP/2 stream: messages in, messages and a status out. */
import type { Gunzip } from '../../platform/net/http-server.ts';
import type { MethodCounts } from '../http/call-counts.ts';
import type { Field } from './http2/header-table.ts';
import type { ServerStream, StreamHandlers } from './http2/stream.ts';
import { errorCodes } from './http2/errors.ts';
import { MessageReader, type IncompleteBytes } from './message-reader.ts';
import { codes, type RpcStatus } from './status.ts';
import type { CallEvent, CallOrigin, DuplexCall } from './unary.ts';
import type { LongMessage } from './wire/long-message.ts';

type Listener = () => void;

export interface CallOptions {
  readonly stream: ServerStream;
  readonly fields: readonly Field[];
  /** Absent for a method that is not there. */
  readonly counts?: MethodCounts | undefined;
  readonly commonName: () => string | undefined;
  readonly address: string;
  readonly maxMessageBytes: number;
  readonly incomplete: IncompleteBytes;
  /** Absent: messages come as they are. */
  readonly unpack?: Gunzip | undefined;
  readonly statusOf: (error: unknown) => RpcStatus;
}

/** Who serves a call. */
export interface CallService {
  /** May throw what the call is to end with. */
  receive(message: Buffer): void;
  halfClosed(): void;
  /** Called once, whoever ended it. */
  ended(): void;
}

class FieldValues {
  readonly #fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  get(name: string): string[] {
    const values: string[] = [];
    for (const field of this.#fields) if (field.name === name) values.push(field.value);
    return values;
  }
}

export class ServerCall implements StreamHandlers, DuplexCall {
  readonly metadata: CallOrigin['metadata'];
  readonly address: string;
  readonly #stream: ServerStream;
  readonly #commonName: () => string | undefined;
  readonly #reader: MessageReader;
  readonly #counts: MethodCounts | undefined;
  readonly #statusOf: (error: unknown) => RpcStatus;
  #service: CallService | undefined;
  #listeners: Map<CallEvent, Set<Listener>> | undefined;
  /** Messages that came while nobody wanted them. */
  #held: Buffer[] = [];
  /** Bytes whose room is given back when somebody wants messages again. */
  #untaken = 0;
  /** Only where calls are timed. */
  readonly #began: number;
  #isPaused = false;
  #ended = false;

  constructor(options: CallOptions) {
    this.#stream = options.stream;
    this.#commonName = options.commonName;
    this.address = options.address;
    this.#counts = options.counts;
    if (options.counts !== undefined) options.counts.started++;
    this.#began = options.counts?.times?.now() ?? 0;
    this.#statusOf = options.statusOf;
    const { maxMessageBytes, incomplete, unpack } = options;
    this.#reader = new MessageReader(maxMessageBytes, incomplete, unpack);
    this.metadata = new FieldValues(options.fields);
  }

  serve(service: CallService): void {
    this.#service = service;
  }

  get commonName(): string | undefined {
    return this.#commonName();
  }

  get ended(): boolean {
    return this.#ended;
  }

  // What the stream tells.

  received(bytes: Buffer): void {
    if (this.#ended) return;
    try {
      this.#reader.push(bytes, (message) => this.#message(message));
    } catch (error) {
      this.fail(this.#statusOf(error));
      return;
    }
    if (!this.#isPaused) this.#stream.take(bytes.length);
    else this.#untaken += bytes.length;
  }

  #message(message: Buffer): void {
    if (this.#ended) return;
    if (this.#counts !== undefined) {
      this.#counts.received++;
      this.#counts.receivedBytes += message.length;
    }
    if (this.#isPaused) this.#held.push(message);
    else this.#service!.receive(message);
  }

  halfClosed(): void {
    if (this.#ended) return;
    if (this.#reader.isAmid) this.fail({ code: codes.internal, details: 'unexpected EOF' });
    else if (this.#held.length === 0) this.#service!.halfClosed();
  }

  drained(): void {
    this.#emit('drain');
  }

  aborted(): void {
    if (this.#ended) return;
    this.#end(codes.canceled);
    this.#emit('cancelled');
  }

  // What the service wants.

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (this.#held.length > 0 && !this.#isPaused && !this.#ended) {
      const message = this.#held.shift()!;
      try {
        this.#service!.receive(message);
      } catch (error) {
        return this.fail(this.#statusOf(error));
      }
    }
    if (this.#isPaused || this.#ended) return;
    this.#stream.take(this.#untaken);
    this.#untaken = 0;
    if (this.#stream.isHalfClosed) this.halfClosed();
  }

  /** False: wait for `drain`. */
  write(message: Buffer): boolean {
    this.#countSent(message);
    return this.#stream.message(message);
  }

  /** The only message of an answer, and its end. */
  answer(message: Buffer | LongMessage): void {
    if (this.#ended) return;
    this.#countSent(message);
    this.#stream.answer(message);
    this.#end(codes.ok);
  }

  /** No more messages; all is well. */
  end(): void {
    if (this.#ended) return;
    this.#stream.start();
    this.#stream.end('ok');
    this.#end(codes.ok);
  }

  fail(status: RpcStatus): void {
    if (this.#ended) return;
    this.#stream.end(trailers(status, this.#stream.queue.hasStarted));
    this.#end(status.code);
  }

  /** Nobody waits for the answer any more. */
  expire(): void {
    if (this.#ended) return;
    this.fail({ code: codes.deadlineExceeded, details: 'context deadline exceeded' });
    this.#stream.reset(errorCodes.cancel);
    this.#emit('cancelled');
  }

  #countSent({ length }: Buffer | LongMessage): void {
    if (this.#counts === undefined) return;
    this.#counts.sent++;
    this.#counts.sentBytes += length;
  }

  #end(code: number): void {
    this.#ended = true;
    if (this.#counts !== undefined) {
      this.#counts.handled[code]!++;
      this.#counts.times?.ended(this.#began);
    }
    this.#held = [];
    this.#reader.drop();
    this.#service?.ended();
    this.#service = undefined;
    this.#emit('close');
  }

  on(event: CallEvent, listener: Listener): void {
    this.#listeners ??= new Map();
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  off(event: CallEvent, listener: Listener): void {
    this.#listeners?.get(event)?.delete(listener);
  }

  #emit(event: CallEvent): void {
    const listeners = this.#listeners?.get(event);
    if (listeners !== undefined) for (const listener of [...listeners]) listener();
  }
}

/** Before a first message they are the whole answer, and need what every answer begins with. */
function trailers({ code, details }: RpcStatus, hasStarted: boolean): Field[] {
  return [
    ...(hasStarted
      ? []
      : [
          { name: ':status', value: '200' },
          { name: 'content-type', value: 'application/grpc' },
        ]),
    { name: 'grpc-status', value: String(code) },
    ...(details === '' ? [] : [{ name: 'grpc-message', value: percentEncoded(details) }]),
  ];
}

/** Longer texts would not fit what clients take of header fields. */
const MAX_TEXT = 4096;

/** gRPC's encoding of status messages: printable ASCII but "%" stands for itself. */
function percentEncoded(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replace(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
      [...Buffer.from(part)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    );
}
