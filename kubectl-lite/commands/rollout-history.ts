import { describePodTemplate } from '../describe/pod-template.ts';
import { alignTabs } from '../describe/tabwriter.ts';
import { DescriptionWriter } from '../describe/writer.ts';
import { command } from '../command.ts';
import { integer } from '../flags/flag.ts';
import { objectPrinter } from '../printers/printer.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { titleOf } from '../resource/located.ts';
import { rolloutFlags } from '../rollout/flags.ts';
import { asWorkload, revisionsOf, type Revision } from '../rollout/workload.ts';
import { UsageError } from '../usage-error.ts';

export const rolloutHistory = command({
  usage: '(TYPE NAME | TYPE/NAME) [flags] [options]',
  flags: { ...rolloutFlags, revision: integer('Show this revision in full') },
  async run(session, { words, flags }) {
    const print = await objectPrinter(session.files, flags);
    const found = await locate(session, { ...flags, words });
    return visitLive(session, found, async (located, live) => {
      const revisions = await revisionsOf(session, asWorkload(located, live));
      if (flags.revision === 0) {
        if (print !== undefined) {
          for (const { source } of revisions) session.output.out(print(source));
        } else session.print(`${titleOf(located)} \n${historyTable(revisions)}`);
        return;
      }
      const one = revisions.find(({ revision }) => revision === flags.revision);
      if (one === undefined) {
        throw new UsageError(`unable to find the specified revision`);
      }
      if (print !== undefined) return session.output.out(print(one.source));
      const writer = new DescriptionWriter();
      describePodTemplate(writer, one.template);
      session.print(
        `${titleOf(located)} with revision #${flags.revision}\n${writer.unaligned().trimEnd()}\n`,
      );
    });
  },
});

function historyTable(revisions: readonly Revision[]): string {
  const rows = revisions.map(({ revision, cause }) => `${revision}\t${cause ?? '<none>'}`);
  return `${alignTabs(['REVISION\tCHANGE-CAUSE', ...rows].join('\n'))}\n`;
}
