import { command } from '../command.ts';
import { boolean, duration, integer } from '../flags/flag.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { type Located, titleOf } from '../resource/located.ts';
import { limited, states } from '../resource/watch-one.ts';
import { rolloutFlags } from '../rollout/flags.ts';
import { rolloutStatus } from '../rollout/status-text.ts';
import {
  asWorkload,
  checkRequest,
  complainOfNothing,
  groupKind,
  type Workload,
} from '../rollout/workload.ts';
import { UsageError } from '../usage-error.ts';

export const rolloutStatusCommand = command({
  usage: '(TYPE NAME | TYPE/NAME) [flags] [options]',
  flags: {
    ...rolloutFlags,
    revision: integer('Fail unless this is the revision that rolls out'),
    timeout: duration('How long to wait; 0: as long as it takes'),
    watch: boolean('Watch the rollout until it is over', { shorthand: 'w', on: true }),
  },
  interrupted: 1,
  async run(session, { words, flags }) {
    checkRequest({ words, ...flags });
    const found = await locate(session, { ...flags, words, all: true });
    complainOfNothing(session, found);
    return visitLive(session, found, async (located, live) => {
      asWorkload(located, live, unviewable);
      const limit = limited(session.clock, session.signal, flags.timeout);
      try {
        for await (const state of states(session, located, limit.signal)) {
          if (state === undefined) throw new UsageError('object has been deleted');
          const full = { ...state, kind: located.type.kind };
          const { message, done } = rolloutStatus(full as Workload, flags.revision);
          session.output.out(message);
          if (done || !flags.watch) return;
        }
        if (limit.timedOut()) throw new UsageError('timed out waiting for the condition');
      } finally {
        limit.done();
      }
      throw new UsageError(`watching ${titleOf(located)} was interrupted`);
    });
  },
});

const unviewable = (located: Located): string =>
  `no status viewer has been implemented for ${groupKind(located)}`;
