/** From a command or a change of the cluster to a proposal under way. */
import type { Caller, Command, CommandResponses, CommandType } from '../mvcc/command.ts';
import type { Proposal } from '../raft/entry.ts';
import { Admission } from './admission.ts';
import { encodeChange } from '../persistence/cluster-codec.ts';
import { changesConfiguration } from '../persistence/cluster-state.ts';
import type { ClusterChange } from '../persistence/cluster-state.ts';
import { encodeCommand } from '../persistence/command-codec.ts';
import type { Proposals } from './proposals.ts';
import { RequestTimes } from './request-times.ts';

interface SubmissionOptions {
  readonly raft: { readonly commit: number };
  readonly proposals: Proposals;
  readonly applied: () => number;
  /** Monotonic. */
  readonly now: () => number;
  readonly timeoutMs: number;
  /** Raft has something to do. */
  readonly poke: () => void;
  readonly admission: ConstructorParameters<typeof Admission>[0];
}

interface Circumstances {
  readonly caller?: Caller | undefined;
  /** Only as the leader of this term. */
  readonly officeTerm?: number | undefined;
}

export class Submission {
  readonly #options: SubmissionOptions;
  readonly #admission: Admission;
  readonly times = new RequestTimes();

  constructor(options: SubmissionOptions) {
    this.#options = options;
    this.#admission = new Admission(options.admission);
  }

  /** Measures the space in use. */
  sample(): void {
    this.#admission.sample();
  }

  async command<T extends CommandType>(
    command: Extract<Command, { type: T }>,
    { caller, officeTerm }: Circumstances = {},
  ): Promise<CommandResponses[T]> {
    const { proposals, raft, applied, now, timeoutMs, poke } = this.#options;
    const id = proposals.nextId();
    const data = encodeCommand(command, id, caller);
    this.#admission.admit(command, data.length, {
      committed: raft.commit,
      applied: applied(),
      pending: proposals.size,
    });
    this.#admission.pendingBytes += data.length;
    const began = now();
    let success = false;
    try {
      const proposal: Proposal = { type: 'normal', data };
      const deadline = began + timeoutMs;
      const answer = proposals.submit(id, { proposal, command, officeTerm, deadline });
      poke();
      const response = await answer;
      success = true;
      return response as CommandResponses[T];
    } finally {
      this.#admission.pendingBytes -= data.length;
      this.times.observe(command.type, success, (now() - began) / 1000);
    }
  }

  async change(change: ClusterChange): Promise<void> {
    const { proposals, now, timeoutMs, poke } = this.#options;
    const id = proposals.nextId();
    const type = changesConfiguration(change) ? 'configuration' : 'cluster';
    const proposal: Proposal = { type, data: encodeChange(change, id) };
    const deadline = now() + timeoutMs;
    const answer = proposals.submit(id, { proposal, command: undefined, deadline });
    poke();
    await answer;
  }
}
