import { describePodTemplate } from '../describe/pod-template.ts';
import { DescriptionWriter } from '../describe/writer.ts';
import { command } from '../command.ts';
import { integer } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf } from '../printers/change-printer.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { dryRunFlag } from '../resource/flags.ts';
import type { Located } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import { rolloutFlags } from '../rollout/flags.ts';
import {
  asWorkload,
  checkRequest,
  groupKind,
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
    checkRequest({ words, ...flags });
    const found = await locate(session, { ...flags, words, all: true });
    return visitLive(session, found, async (located, live) => {
      const workload = asWorkload(located, live, withoutRollback);
      const revisions = await revisionsOf(session, workload);
      const target = targetOf(revisions, workload, flags['to-revision']);
      if (dryRun === 'client') {
        const writer = new DescriptionWriter();
        describePodTemplate(writer, target.template);
        return printer.print(located, writer.unaligned(), live);
      }
      if (workload.spec.paused) {
        throw new UsageError(
          `you cannot rollback a paused deployment; resume it first with 'kubectl-lite rollout ` +
            `resume' and try again`,
        );
      }
      if (sameTemplate(target.template, workload.spec.template)) {
        const which = flags['to-revision'];
        const skipped = `skipped rollback (current template already matches revision ${which})`;
        return printer.print(located, skipped, live);
      }
      await rollBack(session, located, { workload, target, dryRun });
      printer.print(located, 'rolled back', live);
    });
  },
});

const withoutRollback = (located: Located): string =>
  `no rollbacker has been implemented for ${JSON.stringify(groupKind(located))}`;

function targetOf(revisions: readonly Revision[], workload: Workload, wanted: number): Revision {
  if (wanted !== 0) {
    const found = revisions.find(({ revision }) => revision === wanted);
    if (found !== undefined) return found;
    throw new UsageError(`unable to find specified revision ${wanted} in history`);
  }
  const previous = revisions.at(-2);
  if (previous !== undefined) return previous;
  throw new UsageError(
    workload.kind === 'Deployment'
      ? `no rollout history found for deployment "${workload.metadata.name}"`
      : 'no last revision to roll back to',
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
  const body = [
    { op: 'replace', path: '/spec/template', value: template },
    ...(workload.kind === 'Deployment'
      ? [{ op: 'add', path: '/metadata/annotations', value: annotations }]
      : []),
  ];
  await sendPatch(session, located, { body, contentType: 'application/json-patch+json', dryRun });
}
