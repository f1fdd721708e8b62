import type { Logger } from '../../platform/logger.ts';
import type { Alarm, Command, CommandResponses } from '../mvcc/command.ts';
import type { MvccStore } from '../mvcc/store.ts';

interface Raiser {
  readonly store: MvccStore;
  readonly raft: { readonly id: string };
  propose(command: Extract<Command, { type: 'alarm' }>): Promise<CommandResponses['alarm']>;
}

/** Tells the whole cluster, once: until it is disarmed every member refuses what adds. */
export class NoSpaceAlarm {
  readonly #replica: Raiser;
  readonly #logger: Logger;
  #raising = false;

  constructor(replica: Raiser, logger: Logger) {
    this.#replica = replica;
    this.#logger = logger;
  }

  raise(): void {
    const { store, raft } = this.#replica;
    const alarm = { memberId: raft.id, alarm: 'noSpace' } as const;
    if (this.#raising || store.alarms.stands(alarm)) return;
    this.#raising = true;
    this.#replica
      .propose({ type: 'alarm', action: 'activate', ...alarm })
      .catch((error: unknown) => {
        this.#logger.warn({ error }, 'could not raise the NOSPACE alarm; will retry');
      })
      .finally(() => {
        this.#raising = false;
      });
  }
}

/** As Go prints the message: tools show it to people as it is. */
export function alarmText({ memberId, alarm }: Alarm): string {
  return `memberID:${memberId} alarm:${alarm === 'corrupt' ? 'CORRUPT' : 'NOSPACE'} `;
}
