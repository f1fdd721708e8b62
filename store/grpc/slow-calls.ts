/** Calls with one answer that take long: told in etcd's line. */
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { decodeMessage, type Plain, type Scalar } from './schema/codec.ts';
import { Schema, type Field, type MessageType } from './schema/schema.ts';
import type { LongMessage } from './wire/long-message.ts';
import { WireError } from './wire/reader.ts';

export interface SlowCallsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** etcd's --warning-unary-request-duration. */
  readonly afterMs: number;
}

export interface UnaryCall {
  /** "/etcdserverpb.KV/Range" */
  readonly path: string;
  /** As of {@link SlowCalls.now}. */
  readonly began: number;
  readonly remote: string;
  readonly request: Buffer;
  /** Absent: it failed. */
  readonly answer?: Buffer | LongMessage;
}

/** Of long requests only so much is told. */
const MAX_TEXT = 1024;
/** Of other services etcd tells no sizes, and no content: passwords are among it. */
const DESCRIBED = /^\/etcdserverpb\.KV\/(Range|Put|DeleteRange|Txn)$/;
const unknownStats = {
  requests: -1,
  requestBytes: -1,
  responses: -1,
  responseBytes: -1,
  content: '',
};

export class SlowCalls {
  readonly #options: SlowCallsOptions;

  constructor(options: SlowCallsOptions) {
    this.#options = options;
  }

  now(): number {
    return this.#options.clock.monotonic();
  }

  ended(call: UnaryCall): void {
    const { logger, afterMs } = this.#options;
    const spentMs = this.now() - call.began;
    if (spentMs <= afterMs) return;
    const stats = DESCRIBED.test(call.path) ? statsOf(call) : unknownStats;
    logger.warn(
      {
        'time spent': `${spentMs.toFixed(3)}ms`,
        remote: call.remote,
        'response type': call.path,
        'request count': stats.requests,
        'request size': stats.requestBytes,
        'response count': stats.responses,
        'response size': stats.responseBytes,
        'request content': stats.content,
      },
      'request stats',
    );
  }
}

function statsOf(call: UnaryCall): typeof unknownStats {
  try {
    return decodedStats(call);
  } catch (error) {
    if (error instanceof WireError) return unknownStats;
    throw error;
  }
}

/** A transaction's count is that of the operations that were chosen. */
function decodedStats({ path, request, answer }: UnaryCall): typeof unknownStats {
  const rpc = Schema.shared.rpc(path);
  const asked = decodeMessage(rpc.request, request);
  const isShort = answer instanceof Uint8Array;
  const answered = isShort ? decodeMessage(rpc.response, answer) : {};
  const { count = answered['deleted'] ?? 0, succeeded = false } = answered;
  const chosen = asked[succeeded === true ? 'success' : 'failure'] ?? [];
  const operations = path.endsWith('/Txn') ? (chosen as readonly Plain[]).length : 0;
  const content = textOf(Schema.shared.message(rpc.request), asked);
  return {
    requests: path.endsWith('/Put') ? 1 : operations,
    requestBytes: request.length,
    responses: Number(answer === undefined || isShort ? count : (answer.count ?? 0)),
    responseBytes: answer?.length ?? 0,
    content: content.slice(0, MAX_TEXT),
  };
}

/** As protobuf's text format in one line; of values the size. */
function textOf(type: MessageType, message: Plain): string {
  const texts: string[] = [];
  for (const field of type.fields) {
    const given = message[field.name] ?? [];
    const values = Array.isArray(given) ? (given as readonly (Scalar | Plain)[]) : [given];
    for (const value of values) texts.push(fieldText(field, value as Scalar | Plain));
  }
  return texts.join(' ');
}

function fieldText({ name, kind, type }: Field, value: Scalar | Plain): string {
  if (kind === 'message') return `${name}:<${textOf(Schema.shared.message(type), value as Plain)}>`;
  if (!(value instanceof Uint8Array)) return `${name}:${(value as number | bigint).toString()}`;
  if (name === 'value') return `value_size:${value.length}`;
  return `${name}:${JSON.stringify(Buffer.from(value).toString('latin1'))}`;
}
