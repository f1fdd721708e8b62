import { command } from '../command.ts';
import { integer } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf } from '../printers/change-printer.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { dryRunFlag } from '../resource/flags.ts';
import { type Located, titleOf } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import { rolloutFlags } from '../rollout/flags.ts';
import {
  asWorkload,
  plainTemplate,
  type Revision,
  revisionsOf,
  sameTemplate,
  type Workload,
} from '../rollout/workload.ts';
import { UsageError } from '../usage-error.ts';

export const rolloutUndo = command({
  usage: '(TYPE NAME | TYPE/NAME) [flags] [options]',
  flags: {
    ...rolloutFlags,
    ...dryRunFlag,
    'to-revision': integer('The revision to go back to; 0: the one before'),
  },
  async run(session, { words, flags }) {
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, dryRun);
    const found = await locate(session, { ...flags, words });
    return visitLive(session, found, async (located, live) => {
      const workload = asWorkload(located, live);
      if (workload.spec.paused) {
        throw new UsageError(
          `you cannot rollback a paused deployment; resume it first with 'kubectl-lite rollout ` +
            `resume' and try again`,
        );
      }
      const revisions = await revisionsOf(session, workload);
      const target = targetOf(revisions, workload, flags['to-revision']);
      if (sameTemplate(target.template, workload.spec.template)) {
        const which = flags['to-revision'] === 0 ? target.revision : flags['to-revision'];
        session.print(
          `${titleOf(located)} skipped rollback (current template already matches revision ` +
            `${which})`,
        );
        return;
      }
      if (dryRun !== 'client') await rollBack(session, located, { workload, target, dryRun });
      printer.print(located, 'rolled back', live);
    });
  },
});

function targetOf(revisions: readonly Revision[], workload: Workload, wanted: number): Revision {
  if (wanted > 0) {
    const found = revisions.find(({ revision }) => revision === wanted);
    if (found !== undefined) return found;
    throw new UsageError(`unable to find specified revision ${wanted} in history`);
  }
  const previous = revisions.at(-2);
  if (previous !== undefined) return previous;
  throw new UsageError(
    `no rollout history found for ${workload.kind.toLowerCase()} "${workload.metadata.name}"`,
  );
}

/** What kubectl leaves as it is when a Deployment's annotations go back with its template. */
const keptAnnotations = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.revision',
];

async function rollBack(
  session: Parameters<typeof sendPatch>[0],
  located: Located,
  of: { workload: Workload; target: Revision; dryRun: ReturnType<typeof dryRunOf> },
): Promise<void> {
  const { workload, target, dryRun } = of;
  const template = plainTemplate(target.template);
  const annotations: Record<string, string> = {};
  const take = (from: Readonly<Record<string, string>> | undefined, kept: boolean): void => {
    for (const [key, value] of Object.entries(from ?? {}))
      if (keptAnnotations.includes(key) === kept) annotations[key] = value;
  };
  take(workload.metadata.annotations, true);
  take(target.source.metadata.annotations, false);
  const { $patch: _, ...plain } = template as typeof template & { $patch?: string };
  const body = [
    { op: 'replace', path: '/spec/template', value: plain },
    ...(workload.kind === 'Deployment'
      ? [{ op: 'add', path: '/metadata/annotations', value: annotations }]
      : []),
  ];
  await sendPatch(session, located, { body, contentType: 'application/json-patch+json', dryRun });
}
