import { command } from '../command.ts';
import { boolean, duration, integer } from '../flags/flag.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { titleOf } from '../resource/located.ts';
import { limited, states } from '../resource/watch-one.ts';
import { rolloutFlags } from '../rollout/flags.ts';
import { rolloutStatus } from '../rollout/status-text.ts';
import { asWorkload } from '../rollout/workload.ts';
import { UsageError } from '../usage-error.ts';

export const rolloutStatusCommand = command({
  usage: '(TYPE NAME | TYPE/NAME) [flags] [options]',
  flags: {
    ...rolloutFlags,
    revision: integer('Fail unless this is the revision that rolls out'),
    timeout: duration('How long to wait; 0: as long as it takes'),
    watch: boolean('Watch the rollout until it is over', { shorthand: 'w', on: true }),
  },
  async run(session, { words, flags }) {
    const found = await locate(session, { ...flags, words });
    return visitLive(session, found, async (located, live) => {
      asWorkload(located, live);
      const limit = limited(session.clock, session.signal, flags.timeout);
      try {
        for await (const state of states(session, located, limit.signal)) {
          if (state === undefined) throw new UsageError('object has been deleted');
          const full = { ...state, kind: located.type.kind };
          const { message, done } = rolloutStatus(asWorkload(located, full), flags.revision);
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
