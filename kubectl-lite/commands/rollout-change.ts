/** restart, pause, resume: one field of a workload each. */
import { formatTime } from '../../api/time.ts';
import { type AnyCommand, command } from '../command.ts';
import { ChangePrinter } from '../printers/change-printer.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { quotedTitle } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import { fieldManagerFlag } from '../resource/flags.ts';
import { rolloutFlags } from '../rollout/flags.ts';
import { asWorkload, checkRequest, complainOfNothing, type Workload } from '../rollout/workload.ts';
import { UsageError } from '../usage-error.ts';

interface RolloutChange {
  readonly operation: string;
  /** "pausing" */
  readonly action: string;
  /** Only Deployments can be paused. */
  readonly deploymentsOnly: boolean;
  /** Why the change cannot be made: "is already paused". */
  refusal(workload: Workload): string | undefined;
  /** What is told, and no failure, where there is nothing to change. */
  readonly complains?: boolean;
  patch(nowMs: number): object;
  /** True if the workload is so already, and a patch would change nothing. */
  isMade?(workload: Workload, patch: object): boolean;
}

const STRATEGIC = 'application/strategic-merge-patch+json';

function rolloutCommand(change: RolloutChange): AnyCommand {
  return command({
    usage: 'RESOURCE [options]',
    flags: { ...rolloutFlags, ...fieldManagerFlag('kubectl-rollout') },
    async run(session, { words, flags }) {
      const printer = await ChangePrinter.of(session, flags);
      checkRequest({ words, ...flags });
      const found = await locate(session, { ...flags, words, all: true });
      if (change.complains) complainOfNothing(session, found);
      return visitLive(session, found, async (located, live) => {
        const unsupported = `${quotedTitle(located)} ${change.action} is not supported`;
        const workload = asWorkload(located, live, () => unsupported);
        if (change.deploymentsOnly && located.type.kind !== 'Deployment') {
          throw new UsageError(unsupported);
        }
        const refusal = change.refusal(workload);
        if (refusal !== undefined) throw new UsageError(`${quotedTitle(located)} ${refusal}`);
        const body = change.patch(session.clock.now());
        if (change.isMade?.(workload, body)) {
          throw new UsageError(
            `failed to create patch for ${located.name}: if restart has already been triggered ` +
              'within the past second, please wait before attempting to trigger another',
          );
        }
        const after = await sendPatch(session, located, {
          body,
          contentType: STRATEGIC,
          fieldManager: flags['field-manager'],
        });
        printer.print(located, change.operation, after);
      });
    },
  });
}

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

const restartOf = ({ spec }: Workload): string | undefined =>
  spec.template.metadata?.annotations?.[RESTARTED_AT];

export const rolloutRestart = rolloutCommand({
  operation: 'restarted',
  action: 'restarting',
  complains: true,
  deploymentsOnly: false,
  refusal: ({ spec }) =>
    spec.paused ? "can't restart paused deployment (run rollout resume first)" : undefined,
  patch: (nowMs) => {
    const annotations = { [RESTARTED_AT]: formatTime(nowMs) };
    return { spec: { template: { metadata: { annotations } } } };
  },
  isMade: (workload, patch) => restartOf(workload) === restartOf(patch as Workload),
});

export const rolloutPause = rolloutCommand({
  operation: 'paused',
  action: 'pausing',
  deploymentsOnly: true,
  refusal: ({ spec }) => (spec.paused ? 'is already paused' : undefined),
  patch: () => ({ spec: { paused: true } }),
});

export const rolloutResume = rolloutCommand({
  operation: 'resumed',
  action: 'resuming',
  deploymentsOnly: true,
  refusal: ({ spec }) => (spec.paused ? undefined : 'is not paused'),
  patch: () => ({ spec: { paused: null } }),
});
