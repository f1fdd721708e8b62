import { StoreError } from '../kv.ts';
import type { StoreErrorReason } from '../kv.ts';
import type { Command, CommandResponse } from '../mvcc/command.ts';

interface Pending {
  readonly command: Command;
  readonly deadline: number;
  readonly resolve: (response: CommandResponse) => void;
  readonly reject: (error: Error) => void;
}

const U32 = 2 ** 32;
/** High parts of request IDs; with the low 32 bits they stay below 2^53. */
const EPOCHS = 2 ** 21;

/**
 * Callers waiting for their commands to be applied. IDs begin at a random epoch, so that an
 * entry from before a restart finds nobody waiting.
 */
export class Proposals {
  readonly #pending = new Map<number, Pending>();
  readonly #epoch: number;
  #counter = 0;
  failed = 0;

  constructor(epoch: number) {
    this.#epoch = epoch % EPOCHS;
  }

  static readonly epochs = EPOCHS;

  get size(): number {
    return this.#pending.size;
  }

  nextId(): number {
    this.#counter = (this.#counter + 1) % U32;
    return this.#epoch * U32 + this.#counter;
  }

  /** Resolves with the command's answer. Deadlines come in order. */
  wait(id: number, command: Command, deadline: number): Promise<CommandResponse> {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { command, deadline, resolve, reject });
    });
  }

  /** The command as proposed here, so that it need not be decoded. */
  commandOf(id: number): Command | undefined {
    return this.#pending.get(id)?.command;
  }

  resolve(id: number, response: CommandResponse): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.resolve(response);
  }

  reject(id: number, error: Error): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.failed++;
    pending.reject(error);
  }

  /** Gives up on those past their deadline. Whether they will be applied is unknown. */
  expire(now: number): void {
    for (const [id, { deadline }] of this.#pending) {
      if (deadline > now) return;
      this.reject(id, new StoreError('timeout'));
    }
  }

  rejectAll(reason: StoreErrorReason, cause?: Error): void {
    for (const id of [...this.#pending.keys()])
      this.reject(id, new StoreError(reason, cause === undefined ? {} : { cause }));
  }
}
