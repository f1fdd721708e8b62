import type { KubernetesObject } from '../../api/meta.ts';
import { failuresText } from '../failure.ts';
import { command } from '../command.ts';
import { duration, integer, text } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, outputFlags } from '../printers/change-printer.ts';
import { locate } from '../resource/builder.ts';
import { dryRunFlag, filenameFlags, selectorFlag } from '../resource/flags.ts';
import { type Located, objectPath, readLive } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import { limited, states } from '../resource/watch-one.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { boolean } from '../flags/flag.ts';

export const scale = command({
  usage:
    '[--resource-version=version] [--current-replicas=count] --replicas=COUNT ' +
    '(-f FILENAME | TYPE NAME)',
  flags: {
    ...filenameFlags,
    ...selectorFlag,
    ...dryRunFlag,
    ...outputFlags,
    all: boolean('All objects of the types named'),
    'current-replicas': integer('Refuse unless this is the present number', { value: -1 }),
    replicas: integer('The new desired number of replicas'),
    timeout: duration('How long to wait until there are as many; 0 does not wait'),
    'resource-version': text('Refuse unless this is the present version'),
  },
  async run(session, { flags, words, given }) {
    if (!given.has('replicas')) throw new UsageError('required flag(s) "replicas" not set');
    if (flags.replicas < 0) {
      throw new UsageError(
        'The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0',
      );
    }
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, dryRun);
    const found = await locate(session, { ...flags, words });
    const failures = [...found.failures];
    const scaled: { located: Located; live: KubernetesObject }[] = [];
    for (const located of found.located) {
      try {
        scaled.push({ located, live: await readLive(session, located) });
      } catch (error) {
        failures.push(error);
      }
    }
    if (scaled.length === 0) {
      const why = failures.map((error) => (error instanceof Error ? error.message : ''));
      throw new UsageError(`no objects passed to scale ${why.join(', ')}`.trimEnd());
    }
    // As with kubectl, the first that cannot be scaled ends it.
    for (const { located, live } of scaled) {
      if (dryRun !== 'client') {
        await checkCurrent(session, located, flags);
        await sendPatch(session, located, {
          body: { spec: { replicas: flags.replicas } },
          contentType: 'application/merge-patch+json',
          subresource: 'scale',
          dryRun,
        });
        if (flags.timeout > 0 && dryRun === 'none') await scaledTo(session, located, flags);
      }
      printer.print(located, 'scaled', live);
    }
    if (failures.length === 0) return 0;
    session.complain(failuresText(failures));
    return 1;
  },
});

/** Until the object says itself that it has so many. */
async function scaledTo(
  session: Session,
  located: Located,
  { replicas, timeout }: { readonly replicas: number; readonly timeout: number },
): Promise<void> {
  const limit = limited(session.clock, session.signal, timeout);
  try {
    for await (const state of states(session, located, limit.signal)) {
      const { metadata, status = {} } = (state ?? { metadata: {} }) as {
        metadata: { generation?: number };
        status?: { replicas?: number; observedGeneration?: number };
      };
      const seen = (status.observedGeneration ?? Infinity) >= (metadata.generation ?? 0);
      if (seen && (status.replicas ?? 0) === replicas) return;
    }
  } finally {
    limit.done();
  }
  if (limit.timedOut()) {
    throw new UsageError(`timed out waiting for ${JSON.stringify(located.name)} to be synced`);
  }
}

async function checkCurrent(
  session: Session,
  located: Located,
  wanted: { readonly 'current-replicas': number; readonly 'resource-version': string },
): Promise<void> {
  const replicas = wanted['current-replicas'];
  const version = wanted['resource-version'];
  if (replicas < 0 && version === '') return;
  const live = (await session.api.send({ method: 'GET', path: objectPath(located, 'scale') })) as {
    spec?: { replicas?: number };
    metadata?: { resourceVersion?: string };
  };
  const current = live.spec?.replicas ?? 0;
  if (replicas >= 0 && current !== replicas) {
    throw new UsageError(`Expected replicas to be ${replicas}, was ${current}`);
  }
  const held = live.metadata?.resourceVersion ?? '';
  if (version !== '' && held !== version) {
    throw new UsageError(`Expected resource version to be ${version}, was ${held}`);
  }
}
