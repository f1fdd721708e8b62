import { beforeEach, describe, expect, it } from 'vitest';
import type { Processes, ProcessUse } from '../../platform/processes.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ContainerProcesses, LOOK_MS, MEMORY_LOOK_MS } from './container-processes.ts';

const MIB = 1024 * 1024;
const FOLDER = '/root/pods/u/runs/1';

let clock: FakeClock;
let table: ProcessUse[];
/** By pid, what the environment says. */
let environments: Map<number, string>;
let killed: string[];
/** By pid, its part of what it shares; of others nothing is told. */
let shares: Map<number, number>;
let found: ContainerProcesses;

const idOf = (pid: number) => ({ pid, startTime: `t${pid}` });

interface Process {
  readonly pid: number;
  readonly parent?: number;
  readonly session?: number;
  readonly cpu?: number;
}

const use = ({ pid, parent = 1, session = pid, cpu = 0 }: Process): ProcessUse => ({
  ...{ id: idOf(pid), parent, session },
  ...{ cpuSeconds: cpu, memoryBytes: MIB },
});

beforeEach(() => {
  clock = new FakeClock();
  table = [];
  environments = new Map();
  killed = [];
  shares = new Map();
  const processes = {
    memoryShare: ({ pid }) => shares.get(pid),
    uses: () => table,
    withVariable: () => [...environments].map(([pid, value]) => ({ id: idOf(pid), value })),
    signal: ({ pid }, signal) => void killed.push(`${signal} ${pid}`),
  } satisfies Partial<Processes> as unknown as Processes;
  found = new ContainerProcesses({ clock, processes });
});

/** The container's first is 10; others are given. */
function running(cpu: number, ...others: Process[]): void {
  table = [use({ pid: 10, cpu }), ...others.map(use)];
}

describe('what a container uses', () => {
  it('is its processes’ CPU time between two looks, and their memory now', async () => {
    running(0);
    found.follow(FOLDER, idOf(10), { isNew: true });
    expect(found.use(FOLDER)).toBeUndefined();
    running(2, { pid: 11, parent: 10, session: 10, cpu: 3 }, { pid: 99, cpu: 1000 });
    await clock.advance(LOOK_MS);
    const first = { cpuSeconds: 5, cores: 0.5, memoryBytes: 2 * MIB, atMs: clock.now() };
    expect(found.use(FOLDER)).toEqual(first);
    running(12);
    await clock.advance(LOOK_MS);
    expect(found.use(FOLDER)).toMatchObject({ cpuSeconds: 12, cores: 0.7, memoryBytes: MIB });
  });

  it('never becomes less when what it started ends with nobody waiting', async () => {
    running(1, { pid: 11, parent: 10, session: 10, cpu: 9 });
    found.follow(FOLDER, idOf(10), { isNew: true });
    await clock.advance(LOOK_MS);
    running(1);
    await clock.advance(LOOK_MS);
    expect(found.use(FOLDER)).toMatchObject({ cpuSeconds: 10, cores: 0 });
    running(3);
    await clock.advance(LOOK_MS);
    expect(found.use(FOLDER)).toMatchObject({ cpuSeconds: 12, cores: 0.2 });
  });

  it('is told after two looks of what another agent had started', async () => {
    running(500);
    found.follow(FOLDER, idOf(10), { isNew: false });
    await clock.advance(LOOK_MS);
    expect(found.use(FOLDER)).toBeUndefined();
    running(501);
    await clock.advance(LOOK_MS);
    expect(found.use(FOLDER)).toMatchObject({ cpuSeconds: 501, cores: 0.1 });
  });

  it('is looked at no longer when it has ended', () => {
    found.follow(FOLDER, idOf(10), { isNew: true });
    found.forget(FOLDER);
    expect(found.use(FOLDER)).toBeUndefined();
    expect(clock.timers).toBe(0);
  });
});

describe('a limit of memory', () => {
  let bytes: number | undefined;
  let exceeded: number;
  const begin = (): void => {
    exceeded = 0;
    const memory = { bytes: () => bytes, exceeded: () => void exceeded++ };
    found.follow(FOLDER, idOf(10), { isNew: true, memory });
  };

  it('is for all processes of the container, and no others', async () => {
    bytes = 2 * MIB;
    begin();
    running(0, { pid: 11, parent: 10 }, { pid: 99 });
    await clock.advance(MEMORY_LOOK_MS);
    expect(exceeded).toBe(0);
    running(0, { pid: 11, parent: 10 }, { pid: 12, parent: 11 });
    await clock.advance(MEMORY_LOOK_MS);
    expect(exceeded).toBe(1);
  });

  it('counts once what they share', async () => {
    bytes = 2 * MIB;
    begin();
    running(0, { pid: 11, parent: 10 }, { pid: 12, parent: 10 });
    shares = new Map([10, 11, 12].map((pid) => [pid, MIB / 2]));
    await clock.advance(MEMORY_LOOK_MS);
    expect(exceeded).toBe(0);
  });

  it('may come, change and go while it runs', async () => {
    bytes = undefined;
    begin();
    running(0, { pid: 11, parent: 10 });
    await clock.advance(MEMORY_LOOK_MS);
    bytes = MIB;
    await clock.advance(MEMORY_LOOK_MS);
    expect(exceeded).toBe(1);
    bytes = 2 * MIB;
    await clock.advance(MEMORY_LOOK_MS);
    expect(exceeded).toBe(1);
  });
});

describe('what is of a container', () => {
  const ended = (): string[] => {
    killed = [];
    found.signal(FOLDER, idOf(10), 'SIGKILL');
    return [...new Set(killed)].sort();
  };

  it.each<[string, Process[]]>([
    ['a child', [{ pid: 11, parent: 10, session: 10 }]],
    ['a child in a session of its own', [{ pid: 11, parent: 10 }]],
    [
      'a grandchild',
      [
        { pid: 12, parent: 10 },
        { pid: 11, parent: 12 },
      ],
    ],
    ['an orphan of its session', [{ pid: 11, parent: 1, session: 10 }]],
  ])('%s', (_, others) => {
    found.follow(FOLDER, idOf(10), { isNew: true });
    running(0, ...others);
    expect(ended()).toContain('SIGKILL 11');
  });

  it('an orphan of a session whose first process has ended', () => {
    found.follow(FOLDER, idOf(10), { isNew: true });
    table = [use({ pid: 11, session: 10 })];
    expect(ended()).toContain('SIGKILL 11');
  });

  it('what says so itself, wherever it is, of a run that is not followed too', () => {
    environments = new Map([
      [11, FOLDER],
      [12, '/root/pods/other/runs/2'],
    ]);
    running(0, { pid: 11 }, { pid: 12 });
    expect(ended()).toEqual(['SIGKILL 10', 'SIGKILL 11']);
  });

  it('what left its session and lost its parents since the last look', async () => {
    found.follow(FOLDER, idOf(10), { isNew: true });
    running(0, { pid: 11, parent: 10 });
    await clock.advance(LOOK_MS);
    running(0, { pid: 11, parent: 1 });
    expect(ended()).toContain('SIGKILL 11');
  });

  it('what was its child when it was asked to end', () => {
    found.follow(FOLDER, idOf(10), { isNew: true });
    running(0, { pid: 11, parent: 10 });
    found.signal(FOLDER, idOf(10), 'SIGTERM');
    expect(killed).toEqual(['SIGTERM 10']);
    running(0, { pid: 11, parent: 1 });
    expect(ended()).toContain('SIGKILL 11');
  });

  it('nobody else: not a process that got the number of its first', () => {
    found.follow(FOLDER, idOf(10), { isNew: true });
    table = [{ ...use({ pid: 10 }), id: { pid: 10, startTime: 'later' } }, use({ pid: 11 })];
    table.push(use({ pid: 12, parent: 10, session: 10 }));
    expect(ended()).toEqual(['SIGKILL 10']);
    expect(killed).toHaveLength(1);
  });
});
