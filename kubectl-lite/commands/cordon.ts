import type { KubernetesObject } from '../../api/meta.ts';
import { nodes } from '../../api/resources.ts';
import { type AnyCommand, command } from '../command.ts';
import { dryRunOf, type DryRun } from '../printers/change-printer.ts';
import { type Found, locate, visitLive } from '../resource/builder.ts';
import { dryRunFlag, selectorFlag } from '../resource/flags.ts';
import { type Located, titleOf } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const cordon = schedulingCommand(true);
export const uncordon = schedulingCommand(false);

function schedulingCommand(unschedulable: boolean): AnyCommand {
  const name = unschedulable ? 'cordon' : 'uncordon';
  return command({
    usage: 'NODE [options]',
    flags: { ...selectorFlag, ...dryRunFlag },
    async run(session, { words, flags }) {
      const found = await locateNodes(session, { words, selector: flags.selector, name });
      const dryRun = dryRunOf(flags);
      return visitLive(session, found, (located, live) =>
        setUnschedulable(session, { located, live }, { unschedulable, dryRun }),
      );
    },
  });
}

export async function locateNodes(
  session: Session,
  given: { readonly words: readonly string[]; readonly selector: string; readonly name: string },
): Promise<Found> {
  const { words, selector, name } = given;
  if (words.length === 0 && selector === '') {
    throw new UsageError(`USAGE: ${name} NODE [flags]`, { seeHelp: true });
  }
  if (words.length > 0 && selector !== '') {
    const message = 'error: cannot specify both a node name and a --selector option';
    throw new UsageError(message, { seeHelp: true });
  }
  const typed = words.some((word) => word.includes('/')) ? words : [nodes.resource, ...words];
  return locate(session, { words: typed, selector });
}

export async function setUnschedulable(
  session: Session,
  node: { readonly located: Located; readonly live: KubernetesObject },
  change: { readonly unschedulable: boolean; readonly dryRun: DryRun },
): Promise<void> {
  const { unschedulable, dryRun } = change;
  const { spec = {} } = node.live as { spec?: { unschedulable?: boolean } };
  const already = (spec.unschedulable ?? false) === unschedulable;
  const state = unschedulable ? 'cordoned' : 'uncordoned';
  if (!already && dryRun !== 'client') {
    await sendPatch(session, node.located, {
      body: { spec: { unschedulable: unschedulable ? true : null } },
      contentType: 'application/strategic-merge-patch+json',
      dryRun,
    });
  }
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
  session.print(`${titleOf(node.located)} ${already ? 'already ' : ''}${state}${suffix}`);
}
