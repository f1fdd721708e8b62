import type { KubernetesObject } from '../../api/meta.ts';
import { describePodTemplate } from '../describe/pod-template.ts';
import { alignTabs } from '../describe/tabwriter.ts';
import { DescriptionWriter } from '../describe/writer.ts';
import { command } from '../command.ts';
import { integer } from '../flags/flag.ts';
import { type FormatFlags, objectPrinter } from '../printers/printer.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { type Located, titleOf } from '../resource/located.ts';
import { rolloutFlags } from '../rollout/flags.ts';
import {
  asWorkload,
  checkRequest,
  groupKind,
  revisionsOf,
  type Revision,
} from '../rollout/workload.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const rolloutHistory = command({
  usage: '(TYPE NAME | TYPE/NAME) [flags] [options]',
  flags: { ...rolloutFlags, revision: integer('Show this revision in full') },
  async run(session, { words, flags }) {
    const show = await revisionPrinter(session, flags);
    checkRequest({ words, ...flags });
    const found = await locate(session, { ...flags, words, all: true });
    return visitLive(session, found, async (located, live) => {
      const workload = asWorkload(located, live, unviewable);
      const revisions = await revisionsOf(session, workload);
      // A template alone is kubectl's way to tell of the workload.
      if (flags.output === '' && show !== undefined) return show(workload);
      if (flags.revision === 0) {
        if (show !== undefined) for (const { shown } of revisions) show(shown);
        else session.print(`${titleOf(located)} \n${historyTable(revisions)}`);
        return;
      }
      const one = revisions.find(({ revision }) => revision === flags.revision);
      if (one === undefined) {
        throw new UsageError(`unable to find the specified revision`);
      }
      if (show !== undefined) return show(one.shown);
      const writer = new DescriptionWriter();
      describePodTemplate(writer, one.template);
      session.print(
        `${titleOf(located)} with revision #${flags.revision}\n${writer.unaligned().trimEnd()}\n`,
      );
    });
  },
});

const unviewable = (located: Located): string =>
  `no history viewer has been implemented for ${JSON.stringify(groupKind(located))}`;

/** For `-o`. */
async function revisionPrinter(
  session: Session,
  flags: FormatFlags,
): Promise<((shown: KubernetesObject) => void) | undefined> {
  if (flags.output === 'name') {
    return ({ kind, metadata }) => session.print(`${kind.toLowerCase()}.apps/${metadata.name}`);
  }
  const print = await objectPrinter(session.files, flags);
  return print && ((shown) => session.output.out(print(shown)));
}

function historyTable(revisions: readonly Revision[]): string {
  const rows = revisions.map(({ revision, cause }) => `${revision}\t${cause ?? '<none>'}`);
  return `${alignTabs(['REVISION\tCHANGE-CAUSE', ...rows].join('\n'))}\n`;
}
