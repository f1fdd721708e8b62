/** The three ways in which a method is asked and answers. */
import type { OpenDownload } from './download.ts';
import type { CallService, ServerCall } from './server-call.ts';
import { codes, RpcError, type RpcStatus } from './status.ts';
import type { DownloadService, DuplexCall, ServiceContext, UnaryMethod } from './unary.ts';
import type { LongMessage } from './wire/long-message.ts';

export interface Kind {
  readonly context: ServiceContext;
  readonly statusOf: (error: unknown) => RpcStatus;
}

const noRequest = (): RpcError => new RpcError(codes.internal, 'unexpected EOF');
const secondRequest = (): RpcError =>
  new RpcError(codes.internal, 'grpc: a second request of a call that takes one');

export function unaryCall(
  call: ServerCall,
  {
    path,
    method,
    kind,
  }: { readonly path: string; readonly method: UnaryMethod; readonly kind: Kind },
  settled: () => void,
): CallService {
  let isAsked = false;
  const { slowCalls } = kind.context;
  const { address: remote } = call;
  const run = (request: Buffer): void => {
    const began = slowCalls.now();
    const answered = (answer: Buffer | LongMessage): void => {
      settled();
      call.answer(answer);
      slowCalls.ended({ path, began, remote, request, answer });
    };
    const failed = (error: unknown): void => {
      settled();
      call.fail(kind.statusOf(error));
      slowCalls.ended({ path, began, remote, request });
    };
    method(request, call).then(answered, failed);
  };
  return {
    receive(message) {
      if (isAsked) throw secondRequest();
      isAsked = true;
      run(message);
    },
    halfClosed() {
      if (!isAsked) call.fail(noRequest());
    },
    ended() {
      if (!isAsked) settled();
    },
  };
}

/** One request, a stream of answers. */
export function downloadCall(call: ServerCall, open: OpenDownload, kind: Kind): CallService {
  let isAsked = false;
  let service: DownloadService | undefined;
  const run = async (request: Buffer): Promise<void> => {
    service = await open(kind.context, Object.assign(call, { request }));
    if (call.ended) return;
    await service.run();
    call.end();
  };
  return {
    receive(message) {
      if (isAsked) throw secondRequest();
      isAsked = true;
      run(message).catch((error: unknown) => call.fail(kind.statusOf(error)));
    },
    halfClosed() {
      if (!isAsked) call.fail(noRequest());
    },
    ended() {
      service?.close();
    },
  };
}

/** One open stream as its service sees it. */
interface StreamService {
  /** May throw what the stream is to end with. */
  receive(message: Buffer): void;
  /** The client sends no more. */
  halfClosed(): void;
  /** The stream has ended, whoever ended it. */
  close(): void;
}

/** `fail` ends the stream with what went wrong. */
export type OpenStream = (
  context: ServiceContext,
  call: DuplexCall,
  fail: (error: unknown) => void,
) => StreamService;

export function duplexCall(call: ServerCall, open: OpenStream, kind: Kind): CallService {
  const service = open(kind.context, call, (error) => call.fail(kind.statusOf(error)));
  return {
    receive: (message) => service.receive(message),
    halfClosed: () => service.halfClosed(),
    ended: () => service.close(),
  };
}
