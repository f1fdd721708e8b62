import { readLeaseRequest, writeLeaseResponse } from './messages/lease.ts';
import type { DuplexCall, ServiceContext } from './unary.ts';
import { decode } from './wire/reader.ts';
import { encode } from './wire/writer.ts';

/**
 * One Lease.LeaseKeepAlive stream: an answer per message, in order. An unknown lease answers
 * TTL 0. A message is read once the one before is answered, so that a client cannot queue here.
 */
export class KeepAliveStream {
  readonly #context: ServiceContext;
  readonly #call: DuplexCall;
  readonly #fail: (error: unknown) => void;
  #last = Promise.resolve();
  #closed = false;

  constructor(context: ServiceContext, call: DuplexCall, fail: (error: unknown) => void) {
    this.#context = context;
    this.#call = call;
    this.#fail = fail;
  }

  receive(message: Buffer): void {
    const { id } = decode(message, readLeaseRequest);
    this.#call.pause();
    this.#last = this.#answer(id)
      .then(() => this.#call.resume())
      .catch(this.#fail);
  }

  halfClosed(): void {
    void this.#last.then(() => {
      if (!this.#closed) this.#call.end();
    });
  }

  close(): void {
    this.#closed = true;
  }

  async #answer(id: string): Promise<void> {
    const ttlSeconds = await this.#context.callsOf(this.#call).leases.keepAlive(id);
    if (this.#closed) return;
    const header = this.#context.header(this.#context.member.head().revision);
    this.#call.write(encode((writer) => writeLeaseResponse(writer, header, { id, ttlSeconds })));
  }
}
