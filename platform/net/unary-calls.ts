import type { Clock } from '../clock.ts';

/** Calls of another process that each have one answer: gRPC's, whose twin is store/client. */
export interface UnaryCalls {
  /**
   * `method`: "/v2.KeyManagementService/Status". Rejects with a {@link CallFailure} after
   * `timeoutMs` at the latest.
   */
  call(method: string, request: Buffer, timeoutMs: number): Promise<Buffer>;
  close(): void;
}

/** How processes are reached that listen on a socket of this host. */
export type ConnectSocket = (path: string, clock: Clock) => UnaryCalls;

/** `code`: one of gRPC's, as Go names them ("DeadlineExceeded"). */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly code: string;

  constructor(code: string, details: string) {
    super(`rpc error: code = ${code} desc = ${details}`);
    this.code = code;
  }
}
