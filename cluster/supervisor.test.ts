import { describe, expect, it } from 'vitest';
import { silentLogger } from '../platform/logger.ts';
import type { Clock } from '../platform/clock.ts';
import type { ComponentState } from './run-state.ts';
import { type ComponentPlan, type SupervisedProcess, Supervisor } from './supervisor.ts';

/** Time that moves only when told; a due timer fires inside `advance`. */
class HandClock implements Clock {
  #now = 0;
  #timers: { at: number; fn: () => void }[] = [];
  now = (): number => this.#now;
  monotonic = (): number => this.#now;
  after(delayMs: number, fn: () => void): { cancel(): void } {
    const timer = { at: this.#now + delayMs, fn };
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((t) => t !== timer)) };
  }
  async advance(ms: number): Promise<void> {
    await settle();
    this.#now += ms;
    const due = this.#timers.filter((t) => t.at <= this.#now);
    this.#timers = this.#timers.filter((t) => t.at > this.#now);
    for (const timer of due) timer.fn();
    await settle();
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

class FakeProcess implements SupervisedProcess {
  readonly pid: number;
  readonly signals: string[] = [];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  #exit!: (how: { code: number | null; signal: string | null }) => void;
  #listener: (message: unknown) => void = () => {};
  constructor(pid: number) {
    this.pid = pid;
    this.exited = new Promise((resolve) => (this.#exit = resolve));
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }
  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(signal);
    this.#exit({ code: null, signal });
  }
  die(code: number): void {
    this.#exit({ code, signal: null });
  }
  ready(address?: string): void {
    this.#listener({ ready: true, ...(address === undefined ? {} : { address }) });
  }
}

function setUp() {
  const clock = new HandClock();
  const started: { process: FakeProcess; args: readonly string[] }[] = [];
  let published: readonly ComponentState[] = [];
  const terminated = new AbortController();
  const supervisor = new Supervisor({
    clock,
    logger: silentLogger,
    terminated: terminated.signal,
    onChange: (states) => (published = states),
    start: (plan: ComponentPlan) => {
      const process = new FakeProcess(100 + started.length);
      started.push({ process, args: plan.args() });
      return process;
    },
  });
  return { clock, started, supervisor, published: () => published, terminated };
}

describe('the supervisor', () => {
  it('reports a component ready with its address', async () => {
    const { supervisor, started, published } = setUp();
    const start = supervisor.start({ name: 'store', args: () => ['store'] });
    started[0]!.process.ready('http://127.0.0.1:1');
    expect(await start).toMatchObject({ name: 'store', pid: 100, ready: true, restarts: 0 });
    expect(published()).toMatchObject([{ address: 'http://127.0.0.1:1' }]);
    await supervisor.stop();
  });

  it('refuses a component that dies before it is ready', async () => {
    const { supervisor, started } = setUp();
    const start = supervisor.start({ name: 'store', args: () => [] });
    started[0]!.process.die(1);
    await expect(start).rejects.toThrow('store ended with exit code 1');
  });

  it('refuses a component that stays silent', async () => {
    const { supervisor, clock } = setUp();
    const start = supervisor.start({ name: 'store', args: () => [] });
    const refused = expect(start).rejects.toThrow('store was not ready within 60 s');
    await clock.advance(60_000);
    await refused;
  });

  it('told to stop, waits for no start and starts nothing again', async () => {
    const { supervisor, started, clock, terminated } = setUp();
    const store = supervisor.start({ name: 'store', args: () => [] });
    started[0]!.process.ready();
    await store;
    const apiserver = supervisor.start({ name: 'apiserver', args: () => [] });
    terminated.abort();
    for (const { process } of started) process.die(0);
    await expect(apiserver).rejects.toThrow('apiserver was told to stop');
    await clock.advance(60_000);
    expect(started).toHaveLength(2);
    await supervisor.stop();
  });

  it('starts a dead component again, at once the first time and ever later while it keeps dying', async () => {
    const { supervisor, started, clock, published } = setUp();
    const start = supervisor.start({ name: 'store', args: () => [] });
    started[0]!.process.ready();
    await start;
    started[0]!.process.die(137);
    await clock.advance(0);
    expect(started).toHaveLength(2);
    expect(published()).toMatchObject([
      { pid: 101, restarts: 1, ready: false, ended: 'exit code 137' },
    ]);
    started[1]!.process.ready();
    expect(published()).toMatchObject([{ pid: 101, ready: true }]);
    started[1]!.process.die(137);
    await clock.advance(199);
    expect(started).toHaveLength(2);
    await clock.advance(1);
    expect(started).toHaveLength(3);
    await supervisor.stop();
  });

  it('asks for the same address at the next start', async () => {
    const { supervisor, started, clock } = setUp();
    let address = ':0';
    const start = supervisor.start({
      name: 'store',
      args: () => [address],
      onReady: (at) => (address = at ?? address),
    });
    started[0]!.process.ready(':2379');
    await start;
    started[0]!.process.die(1);
    await clock.advance(0);
    expect(started.map((s) => s.args)).toEqual([[':0'], [':2379']]);
    await supervisor.stop();
  });

  it('stops in reverse order and starts nothing again', async () => {
    const { supervisor, started, clock } = setUp();
    for (const name of ['store', 'apiserver']) {
      const start = supervisor.start({ name, args: () => [] });
      started.at(-1)!.process.ready();
      await start;
    }
    await supervisor.stop();
    await clock.advance(60_000);
    expect(started).toHaveLength(2);
    expect(started.map((s) => s.process.signals)).toEqual([['SIGTERM'], ['SIGTERM']]);
  });
});
