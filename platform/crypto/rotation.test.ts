import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { TlsMaterial } from '../net/http-server.ts';
import type { Logger } from '../logger.ts';
import { watchClock } from '../clock-watch.ts';
import { rotateTls } from './tls-rotation.ts';

function listeningLogger() {
  const lines: string[] = [];
  const log = (_fields: object, message: string): void => void lines.push(message);
  const logger: Logger = {
    ...{ debug: log, info: log, warn: log, error: log },
    child: () => logger,
  };
  return { lines, logger };
}

const tls = (name: string): TlsMaterial => ({ certificate: name, privateKey: name });

describe('serving certificates', () => {
  it('are replaced when another one is there, looked for every minute', async () => {
    const clock = new FakeClock();
    const { lines, logger } = listeningLogger();
    let offered = tls('first');
    const served: string[] = [];
    const rotation = rotateTls({
      ...{ clock, logger, current: offered, next: () => Promise.resolve(offered) },
      replace: ({ certificate }) => void served.push(certificate),
    });
    await clock.advance(60_000);
    expect(served).toEqual([]);
    offered = tls('second');
    await clock.advance(60_000);
    await clock.advance(60_000);
    expect(served).toEqual(['second']);
    expect(lines).toEqual(['the serving certificate was replaced']);
    await rotation.stop();
    offered = tls('third');
    await clock.advance(600_000);
    expect(served).toEqual(['second']);
  });

  it('stay when a new one cannot be had, which is said', async () => {
    const clock = new FakeClock();
    const { lines, logger } = listeningLogger();
    const rotation = rotateTls({
      ...{ clock, logger, current: tls('first') },
      next: () => Promise.reject(new Error('EACCES')),
      replace: () => expect.unreachable(),
    });
    await rotation.check();
    expect(lines).toEqual(['the serving certificate stays: a new one cannot be had']);
    await rotation.stop();
  });
});

describe('a clock', () => {
  it('that jumps is told of once, by how much; one that is only kept right is not', async () => {
    const clock = new FakeClock();
    const { lines, logger } = listeningLogger();
    let offset = 0;
    const jumps: number[] = [];
    const watch = watchClock({
      logger,
      clock: {
        now: () => clock.now() + offset,
        monotonic: () => clock.monotonic(),
        after: (ms, fn) => clock.after(ms, fn),
      },
      onJump: (ms) => void jumps.push(ms),
    });
    await clock.advance(10_000);
    offset = 500;
    await clock.advance(10_000);
    expect(jumps).toEqual([]);
    offset = 3_600_500;
    await clock.advance(20_000);
    offset = 500;
    await clock.advance(10_000);
    expect(jumps).toEqual([3_600_000, -3_600_000]);
    expect(lines[0]).toMatch(/^the clock of this machine jumped by 3600 s: .*NTP$/);
    expect(lines).toHaveLength(2);
    await watch.stop();
  });
});
