/** restart, pause, resume: one field of a workload each. */
import { formatTime } from '../../api/time.ts';
import { type AnyCommand, command } from '../command.ts';
import { ChangePrinter } from '../printers/change-printer.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { quotedTitle } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import { fieldManagerFlag } from '../resource/flags.ts';
import { rolloutFlags } from '../rollout/flags.ts';
import { asWorkload, type Workload } from '../rollout/workload.ts';
import { UsageError } from '../usage-error.ts';

interface RolloutChange {
  readonly operation: string;
  /** Only Deployments can be paused. */
  readonly deploymentsOnly: boolean;
  /** Why the change cannot be made: "is already paused". */
  refusal(workload: Workload): string | undefined;
  patch(nowMs: number): object;
}

const strategic = 'application/strategic-merge-patch+json';

function rolloutCommand(change: RolloutChange): AnyCommand {
  return command({
    usage: 'RESOURCE [options]',
    flags: { ...rolloutFlags, ...fieldManagerFlag('kubectl-rollout') },
    async run(session, { words, flags }) {
      const printer = await ChangePrinter.of(session, flags);
      const found = await locate(session, { ...flags, words, all: true });
      return visitLive(session, found, async (located, live) => {
        const workload = asWorkload(located, live);
        if (change.deploymentsOnly && located.type.kind !== 'Deployment') {
          const verb = change.operation === 'paused' ? 'pausing' : 'resuming';
          throw new UsageError(`${quotedTitle(located)} ${verb} is not supported`);
        }
        const refusal = change.refusal(workload);
        if (refusal !== undefined) throw new UsageError(`${quotedTitle(located)} ${refusal}`);
        const after = await sendPatch(session, located, {
          body: change.patch(session.clock.now()),
          contentType: strategic,
          fieldManager: flags['field-manager'],
        });
        printer.print(located, change.operation, after);
      });
    },
  });
}

export const rolloutRestart = rolloutCommand({
  operation: 'restarted',
  deploymentsOnly: false,
  refusal: ({ spec }) =>
    spec.paused ? "can't restart paused deployment (run rollout resume first)" : undefined,
  patch: (nowMs) => {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': formatTime(nowMs) };
    return { spec: { template: { metadata: { annotations } } } };
  },
});

export const rolloutPause = rolloutCommand({
  operation: 'paused',
  deploymentsOnly: true,
  refusal: ({ spec }) => (spec.paused ? 'is already paused' : undefined),
  patch: () => ({ spec: { paused: true } }),
});

export const rolloutResume = rolloutCommand({
  operation: 'resumed',
  deploymentsOnly: true,
  refusal: ({ spec }) => (spec.paused ? undefined : 'is not paused'),
  patch: () => ({ spec: { paused: null } }),
});
