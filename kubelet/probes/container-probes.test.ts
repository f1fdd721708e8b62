import { describe, expect, it } from 'vitest';
import type { Container, Probe } from '../../api/types/core-v1.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ContainerProbes } from './container-probes.ts';

type Answers = readonly boolean[];

/**
 * Runs a container's probes for a while. Answers of each kind are used up one by one, the last
 * for ever; what is heard stands with its second.
 */
async function run(
  sketch: { startup?: Probe; liveness?: Probe; readiness?: Probe },
  answers: { startup?: Answers; liveness?: Answers; readiness?: Answers },
  options: { seconds?: number; ranSeconds?: number; started?: boolean } = {},
) {
  const clock = new FakeClock();
  const heard: string[] = [];
  const note = (text: string): void => void heard.push(`${clock.monotonic() / 1000} ${text}`);
  const marked = (kind: string, probe: Probe | undefined) =>
    probe === undefined ? {} : { [`${kind}Probe`]: { ...probe, exec: { command: [kind] } } };
  const container: Container = {
    name: 'c',
    ...marked('startup', sketch.startup),
    ...marked('liveness', sketch.liveness),
    ...marked('readiness', sketch.readiness),
  };
  const left = { startup: [true], liveness: [true], readiness: [true], ...answers };
  const probes = new ContainerProbes({
    container,
    clock,
    check: async ({ exec }) => {
      const kind = exec!.command![0] as keyof typeof left;
      const [ok = true, ...more] = left[kind];
      if (more.length > 0) left[kind] = more;
      return { ok, output: ok ? '' : 'no' };
    },
    listener: {
      started: (started) => note(started ? 'started' : 'not started'),
      ready: (ready) => note(ready ? 'ready' : 'unready'),
      unhealthy: ({ probe, graceSeconds = '-' }) => note(`${probe} gave up ${graceSeconds}`),
      event: ({ message }) => note(message),
    },
    startedAtMs: clock.now() - (options.ranSeconds ?? 0) * 1000,
    ...(options.started === undefined ? {} : { started: options.started }),
  });
  probes.start();
  await clock.advance((options.seconds ?? 60) * 1000);
  return { heard, clock, probes };
}

const every10 = { periodSeconds: 10 };

describe('ContainerProbes', () => {
  it('has a container without probes ready at once, and needs no timer', async () => {
    const { heard, clock } = await run({}, {});
    expect(heard).toEqual(['0 ready']);
    expect(clock.timers).toBe(0);
  });

  it('asks first after the initial delay, then each period', async () => {
    const readiness = { initialDelaySeconds: 4, periodSeconds: 3 };
    const { heard } = await run({ readiness }, { readiness: [false, true] });
    expect(heard.slice(0, 2)).toEqual(['4 Readiness probe failed: no', '7 ready']);
  });

  it('counts what is left of the initial delay of a container taken over', async () => {
    const readiness = { initialDelaySeconds: 10 };
    const { heard } = await run({ readiness }, {}, { ranSeconds: 7 });
    expect(heard[0]).toBe('3 ready');
  });

  it('gives a container up after failures in a row, and asks no more', async () => {
    const liveness = { ...every10, failureThreshold: 2, terminationGracePeriodSeconds: 5 };
    const answers = { liveness: [false, true, false, false] };
    const { heard, clock } = await run({ liveness }, answers, { seconds: 600 });
    expect(heard).toEqual([
      '0 ready',
      '0 Liveness probe failed: no',
      '20 Liveness probe failed: no',
      '30 Liveness probe failed: no',
      '30 liveness gave up 5',
    ]);
    expect(clock.timers).toBe(0);
  });

  it('turns readiness only at its thresholds', async () => {
    const readiness = { ...every10, successThreshold: 2, failureThreshold: 2 };
    const answers = { readiness: [true, true, false, true, false, false, true, true] };
    const { heard } = await run({ readiness }, answers, { seconds: 75 });
    expect(heard.filter((text) => !text.includes('failed'))).toEqual([
      '10 ready',
      '50 unready',
      '70 ready',
    ]);
  });

  it('lets the startup probe go before the others', async () => {
    const probes = { startup: every10, liveness: every10, readiness: every10 };
    const answers = { startup: [false, true], liveness: [false], readiness: [true] };
    const { heard } = await run(probes, answers, { seconds: 15 });
    expect(heard).toEqual([
      '0 not started',
      '0 Startup probe failed: no',
      '10 started',
      '10 Liveness probe failed: no',
      '10 ready',
    ]);
  });

  it('gives up what never starts', async () => {
    const startup = { periodSeconds: 1, failureThreshold: 3 };
    const { heard } = await run({ startup }, { startup: [false] });
    expect(heard.at(-1)).toBe('2 startup gave up -');
    expect(heard).not.toContainEqual(expect.stringContaining('ready'));
  });

  it('does not ask again whether a container taken over has started', async () => {
    const { heard } = await run({ startup: every10 }, { startup: [false] }, { started: true });
    expect(heard).toEqual(['0 started', '0 ready']);
  });

  it('does not kill what is ending already, but may find it unready', async () => {
    const probes = { liveness: every10, readiness: every10 };
    const answers = { liveness: [true, false], readiness: [true, false] };
    const { heard, clock, probes: running } = await run(probes, answers, { seconds: 5 });
    running.terminating();
    await clock.advance(60_000);
    expect(heard).not.toContainEqual(expect.stringContaining('iveness gave up'));
    expect(heard).toContain('30 unready');
    running.stop();
    expect(clock.timers).toBe(0);
  });
});
