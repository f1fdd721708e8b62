import { StoreError } from '../kv.ts';
import type { RequestOp } from '../kv.ts';
import type { Alarm, AlarmType, Command } from './command.ts';
import type { Fact } from './writer.ts';

const PREFIX = 'alarm/';

/**
 * The alarms that stand, as replicated state: every member refuses the same commands from the
 * same log index on. They end only by being disarmed.
 */
export class Alarms {
  readonly #standing = new Map<string, Alarm>();

  get any(): boolean {
    return this.#standing.size > 0;
  }

  /** In order of members. */
  list(): readonly Alarm[] {
    return [...this.#standing.keys()].sort().map((name) => this.#standing.get(name)!);
  }

  has(type: AlarmType): boolean {
    for (const { alarm } of this.#standing.values()) if (alarm === type) return true;
    return false;
  }

  stands({ memberId, alarm }: Alarm): boolean {
    return this.#standing.has(nameOf({ memberId, alarm }));
  }

  /**
   * NOSPACE leaves what frees space possible; CORRUPT leaves nothing that touches keys or
   * leases, because members may answer differently.
   */
  check(command: Command): void {
    const { type } = command;
    if (type === 'alarm' || type === 'auth' || type === 'leaseCheckpoint') return;
    if (this.has('corrupt')) throw new StoreError('corrupt');
    if (addsSpace(command)) throw new StoreError('noSpace');
  }

  /** Undefined if nothing changes. */
  change(command: Alarm & { readonly action: 'activate' | 'deactivate' }): Fact | undefined {
    const { action, memberId, alarm } = command;
    const name = nameOf(command);
    if (this.#standing.has(name) === (action === 'activate')) return undefined;
    if (action === 'deactivate') {
      this.#standing.delete(name);
      return { type: 'fact', name };
    }
    this.#standing.set(name, { memberId, alarm });
    return { type: 'fact', name, value: new Uint8Array(0) };
  }

  /** Takes a stored fact, if it is an alarm. */
  restore(name: string): void {
    if (!name.startsWith(PREFIX)) return;
    const [memberId, alarm] = name.slice(PREFIX.length).split('/') as [string, AlarmType];
    this.#standing.set(name, { memberId, alarm });
  }
}

const nameOf = ({ memberId, alarm }: Alarm): string => `${PREFIX}${memberId}/${alarm}`;

/** Whether a command needs space: what frees it must always be possible. */
export function addsSpace(command: Command): boolean {
  switch (command.type) {
    case 'put':
    case 'leaseGrant':
      return true;
    case 'txn':
      return puts(command.request.success) || puts(command.request.failure);
    case 'deleteRange':
    case 'compact':
    case 'leaseRevoke':
    case 'leaseCheckpoint':
    case 'alarm':
    case 'auth':
      return false;
  }
}

function puts(operations: readonly RequestOp[]): boolean {
  return operations.some(
    (operation) =>
      operation.type === 'put' ||
      (operation.type === 'txn' &&
        (puts(operation.request.success) || puts(operation.request.failure))),
  );
}
