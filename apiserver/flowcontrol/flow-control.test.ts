import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  FlowSchema,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
} from '../../api/types/flowcontrol-v1.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { ObjectFollower, ObjectSource } from '../authz/object-source.ts';
import { FlowControl, type Ticket } from './flow-control.ts';
import { LevelSeats, portions, SeatPool } from './seats.ts';

/** A source whose objects the test sets. */
class Objects<T extends FlowSchema | PriorityLevelConfiguration> implements ObjectSource<T> {
  #objects: readonly T[];
  #follower: ObjectFollower<T> | undefined;
  constructor(objects: readonly T[]) {
    this.#objects = objects;
  }
  set(objects: readonly T[]): void {
    this.#objects = objects;
    this.#follower?.reset(objects);
  }
  get = (_namespace: string, name: string): T | undefined =>
    this.#objects.find(({ metadata }) => metadata.name === name);
  list = (): Iterable<T> => this.#objects;
  follow(follower: ObjectFollower<T>): void {
    this.#follower = follower;
  }
  synced = (): undefined => undefined;
}

type Limited = Partial<LimitedPriorityLevelConfiguration>;

const level = (name: string, limited?: Limited): PriorityLevelConfiguration =>
  ({
    metadata: { name, uid: `uid of ${name}` },
    spec: limited === undefined ? { type: 'Exempt' } : { type: 'Limited', limited },
  }) as PriorityLevelConfiguration;

/** Users whose names begin with the schema's name fall under it, each a flow of their own. */
const schema = (name: string, to: string, precedence = 10): FlowSchema =>
  ({
    metadata: { name },
    spec: {
      priorityLevelConfiguration: { name: to },
      matchingPrecedence: precedence,
      distinguisherMethod: { type: 'ByUser' },
      rules: [
        {
          subjects: [{ kind: 'Group', group: { name } }],
          nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        },
      ],
    },
  }) as unknown as FlowSchema;

const queue = (nominalConcurrencyShares: number, more: Limited = {}, length = 50): Limited => ({
  nominalConcurrencyShares,
  limitResponse: {
    type: 'Queue',
    queuing: { queues: 64, handSize: 6, queueLengthLimit: length },
  },
  ...more,
});
const reject = (nominalConcurrencyShares: number): Limited => ({
  nominalConcurrencyShares,
  limitResponse: { type: 'Reject' },
});

function setUp(seats: number, levels: readonly PriorityLevelConfiguration[]) {
  const clock = new FakeClock();
  const turns: (() => void)[] = [];
  const ownTurns: (() => void)[] = [];
  /** What part of the time the thread is at work. */
  const thread = { busy: 0 };
  const priorityLevels = new Objects(levels);
  const flowSchemas = new Objects(levels.map(({ metadata: { name = '' } }) => schema(name, name)));
  const control = new FlowControl({
    objects: {
      flowSchemas,
      priorityLevels,
      mandatory: {
        flowSchemas: [schema('catch-all', 'catch-all', 10_000)],
        priorityLevels: [level('catch-all', reject(0))],
      },
    },
    seats,
    clock,
    maxWaitMs: 15_000,
    busyMs: () => clock.monotonic() * thread.busy,
    turns: { nextTurn: (fn) => void turns.push(fn), ownTurn: (fn) => void ownTurns.push(fn) },
  });
  const started: string[] = [];
  const refused: string[] = [];
  const atWork: { readonly name: string; readonly ticket: Ticket }[] = [];
  /** "dev:jane": user jane under schema dev. */
  const nobody: Parameters<FlowControl['enter']>[2] = { signal: new AbortController().signal };
  const ask = (name: string, width = 1, asker = nobody): void => {
    const [group = '', user = ''] = name.split(':');
    const path = { type: 'path', verb: 'get', path: '/' } as const;
    const classified = control.classify({ name: user, groups: [group] }, path);
    const ticket = control.enter(classified, width, asker);
    const start = (): void => {
      started.push(name);
      atWork.push({ name, ticket });
    };
    if (ticket.ready === undefined) start();
    else ticket.ready.then(start, () => void refused.push(name));
  };
  /** One in which none of those runs that asked for a turn of its own. */
  const commonTurn = async (): Promise<void> => {
    for (const fn of turns.splice(0)) fn();
    await clock.advance(0);
  };
  const turn = async (): Promise<void> => {
    for (const fn of [...turns.splice(0), ...ownTurns.splice(0)]) fn();
    await clock.advance(0);
  };
  const end = async (name = atWork[0]?.name): Promise<void> => {
    const [done] = atWork.splice(
      atWork.findIndex((one) => one.name === name),
      1,
    );
    control.leave(done!.ticket);
    await clock.advance(0);
  };
  return {
    ...{ control, clock, thread, ask, turn, commonTurn, end },
    ...{ started, refused, atWork, priorityLevels, flowSchemas },
  };
}

const count = (names: readonly string[], name: string): number =>
  names.filter((one) => one === name).length;

describe('fair queueing', () => {
  it('lets a newcomer in at once, however many of another wait', async () => {
    const { ask, clock, started, turn, end } = setUp(100, [level('dev', queue(100))]);
    for (let i = 0; i < 200; i++) ask('dev:flood');
    expect(started).toEqual(['dev:flood']);
    ask('dev:jane');
    await clock.advance(0);
    expect(started).toEqual(['dev:flood', 'dev:jane']);
    for (let i = 0; i < 40; i++) await turn();
    expect(count(started, 'dev:flood')).toBe(32);
    ask('dev:joe');
    await turn();
    expect(started.slice(33)).toEqual(['dev:joe']);
    await end('dev:flood');
    await turn();
    expect(started.slice(34)).toEqual(['dev:flood']);
  });

  it('starts requests of who has several in line in turns of their own, others at once', async () => {
    const { ask, started, turn, commonTurn } = setUp(100, [level('dev', queue(100))]);
    for (let i = 0; i < 9; i++) ask('dev:flood');
    for (let i = 0; i < 3; i++) await commonTurn();
    expect(started).toEqual(['dev:flood']);
    for (let i = 0; i < 2; i++) ask('dev:jane');
    for (let i = 0; i < 3; i++) await commonTurn();
    expect(started).toEqual(['dev:flood', 'dev:jane', 'dev:jane']);
    for (let n = 2; n < 6; n++) {
      await turn();
      expect(count(started, 'dev:flood')).toBe(n);
    }
  });

  it('goes on with a user within a turn while answers take no time', async () => {
    const { ask, clock, started, turn, end } = setUp(100, [level('dev', queue(100))]);
    for (let i = 0; i < 9; i++) ask('dev:flood');
    await end();
    await end();
    expect(started).toHaveLength(3);
    await clock.advance(1);
    await end();
    expect(started).toHaveLength(3);
    // One turn later it is known who else has come.
    await turn();
    await turn();
    expect(started).toHaveLength(4);
  });

  it('answers a user of whom others wait once per turn, and who waits for nobody at once', async () => {
    const { ask, atWork, control, turn } = setUp(100, [level('dev', queue(100))]);
    for (let i = 0; i < 9; i++) ask('dev:flood');
    for (let i = 0; i < 4; i++) await turn();
    ask('dev:jane');
    await turn();
    const answered: string[] = [];
    for (const { name, ticket } of atWork) {
      const mine = control.answers(ticket);
      if (mine === undefined) answered.push(name);
      else void mine.then(() => answered.push(name));
    }
    expect(atWork).toHaveLength(6);
    expect(answered).toEqual(['dev:flood', 'dev:jane']);
    for (let n = 2; n < 6; n++) {
      await turn();
      expect(count(answered, 'dev:flood')).toBe(n);
    }
  });

  it('serves a newcomer second at the latest when all seats are taken', async () => {
    const { ask, started, turn, end } = setUp(4, [level('dev', queue(4))]);
    for (const user of ['a', 'b', 'c', 'd']) ask(`dev:${user}`);
    await turn();
    for (let i = 0; i < 100; i++) ask('dev:flood');
    ask('dev:jane');
    started.length = 0;
    for (let i = 0; i < 8; i++) {
      await end();
      await turn();
    }
    // A flood holds six of sixty-four queues, jane one: a turn of all has seven.
    expect(started.slice(0, 7)).toContain('dev:jane');
    expect(count(started, 'dev:flood')).toBe(7);
  });

  it('gives flows equal parts in the long run, counted in seats', async () => {
    const one: Limited = {
      nominalConcurrencyShares: 1,
      limitResponse: {
        type: 'Queue',
        queuing: { queues: 512, handSize: 1, queueLengthLimit: 1_000 },
      },
    };
    const { ask, started, end, turn } = setUp(10, [level('dev', one)]);
    for (let i = 0; i < 10; i++) ask('dev:first');
    await turn();
    for (let i = 0; i < 300; i++) {
      ask('dev:wide', 5);
      ask('dev:narrow');
    }
    started.length = 0;
    for (let i = 0; i < 120; i++) {
      await end();
      await turn();
    }
    expect(count(started, 'dev:narrow') / count(started, 'dev:wide')).toBeGreaterThan(4);
    expect(count(started, 'dev:narrow') / count(started, 'dev:wide')).toBeLessThan(6);
  });

  it('turns away what waits too long, what leaves, and what finds its queues full', async () => {
    const few = queue(1, {}, 1);
    const { ask, clock, control, refused } = setUp(1, [level('dev', few)]);
    ask('dev:first');
    for (let i = 0; i < 7; i++) ask('dev:jane');
    await clock.advance(0);
    expect(refused).toEqual(['dev:jane']);
    const client = new AbortController();
    ask('dev:joe', 1, client);
    client.abort();
    await clock.advance(0);
    expect(refused).toEqual(['dev:jane', 'dev:joe']);
    let left = (): void => {};
    let listens = true;
    const onGone = (fn: () => void): (() => void) => {
      left = fn;
      return () => (listens = false);
    };
    // One whose signal would have to be made.
    ask('dev:jim', 1, { signal: AbortSignal.abort(), onGone });
    await clock.advance(0);
    expect([refused.length, listens]).toEqual([2, true]);
    left();
    await clock.advance(0);
    expect([refused.at(-1), listens]).toEqual(['dev:jim', false]);
    await clock.advance(15_000);
    expect(count(refused, 'dev:jane')).toBe(7);
    expect([...control.counts.rejectedTotal].sort()).toEqual([
      ['dev|dev|cancelled', 2],
      ['dev|dev|queue-full', 1],
      ['dev|dev|time-out', 6],
    ]);
    expect(clock.timers).toBe(0);
  });

  it('turns away at once where the level says so, but not for starting fast', async () => {
    const { ask, clock, started, refused, control } = setUp(40, [level('dev', reject(1))]);
    for (let i = 0; i < 41; i++) ask('dev:jane');
    await clock.advance(0);
    expect([started.length, refused.length]).toEqual([40, 1]);
    expect([...control.counts.rejectedTotal]).toEqual([['dev|dev|concurrency-limit', 1]]);
  });

  it('lets exempt requests pass by everybody', () => {
    const { ask, started } = setUp(1, [level('dev', queue(1)), level('root')]);
    for (let i = 0; i < 50; i++) ask('dev:jane');
    for (let i = 0; i < 50; i++) ask('root:me');
    expect([count(started, 'root:me'), count(started, 'dev:jane')]).toEqual([50, 1]);
  });

  it('follows its objects: levels that change, appear and go, with those who wait there', async () => {
    const { ask, end, turn, started, refused, priorityLevels, control } = setUp(10, [
      level('dev', queue(1)),
      level('ops', queue(9)),
    ]);
    ask('dev:a');
    ask('dev:b');
    await turn();
    expect(started).toEqual(['dev:a']);
    priorityLevels.set([level('dev', queue(9)), level('ops', queue(1))]);
    ask('ops:c');
    expect(started).toEqual(['dev:a', 'ops:c']);
    await turn();
    expect(started).toEqual(['dev:a', 'ops:c', 'dev:b']);
    // What is dangling falls to the catch-all, which has no seats here.
    priorityLevels.set([level('ops', queue(1))]);
    ask('dev:late');
    await end('dev:a');
    await end('dev:b');
    expect(refused).toEqual(['dev:late']);
    expect([...control.levels].map(({ name }) => name)).toEqual(['catch-all', 'ops']);
  });
});

describe('the allowance of a user', () => {
  /** Ends all requests of the flood as they start, for so long. */
  async function flooded(busy: number, ms: number) {
    const set = setUp(100, [level('dev', queue(100))]);
    set.thread.busy = busy;
    for (let i = 0; i < 300; i++) set.ask('dev:flood');
    for (let at = 0; at < ms; at += 20) {
      while (set.atWork.length > 0) {
        await set.end();
        set.ask('dev:flood');
      }
      for (let i = 0; i < 40; i++) await set.turn();
      await set.clock.advance(20);
    }
    return set;
  }

  it('is one request at a time while the thread is busy, and others do not wait', async () => {
    const { atWork, ask, started, end, turn } = await flooded(1, 400);
    while (atWork.length > 0) await end();
    for (let i = 0; i < 4; i++) await turn();
    expect(atWork).toHaveLength(1);
    ask('dev:jane');
    await turn();
    expect(started.at(-1)).toBe('dev:jane');
    await end('dev:flood');
    await turn();
    expect(atWork.map(({ name }) => name)).toEqual(['dev:jane', 'dev:flood']);
  });

  it('is all that a flow may have while the thread idles', async () => {
    const { atWork } = await flooded(0.1, 400);
    expect(atWork).toHaveLength(32);
  });

  it('counts no requests that began long ago: they wait for others, perhaps in line', async () => {
    const { atWork, clock, turn } = await flooded(1, 400);
    // Nor is there ever more than a flow may hold at all.
    for (let i = 0; i < 50; i++) {
      await clock.advance(60);
      await turn();
    }
    expect(atWork).toHaveLength(32);
  });

  it('holds for users, not for components that share a flow', async () => {
    const { flowSchemas, thread, ask, turn, atWork, clock } = setUp(100, [
      level('dev', queue(100)),
    ]);
    const { distinguisherMethod: _, ...spec } = schema('dev', 'dev').spec;
    flowSchemas.set([{ ...schema('dev', 'dev'), spec }]);
    thread.busy = 1;
    for (let i = 0; i < 300; i++) ask('dev:controllers');
    for (let i = 0; i < 20; i++) {
      await turn();
      await clock.advance(20);
    }
    expect(atWork).toHaveLength(32);
  });
});

describe('seats', () => {
  it('are shared out by nominal shares, rounded up', () => {
    const spec = (shares?: number, lendablePercent = 0) => ({
      type: 'Limited',
      limited: {
        lendablePercent,
        ...(shares === undefined ? {} : { nominalConcurrencyShares: shares }),
      },
    });
    const got = portions(
      new Map([
        ['a', spec(20, 50)],
        ['b', spec()],
        ['c', spec(0)],
      ]),
      601,
    );
    expect([...got]).toEqual([
      ['a', { nominal: 241, lendable: 121, most: Infinity }],
      ['b', { nominal: 361, lendable: 0, most: Infinity }],
      ['c', { nominal: 0, lendable: 0, most: Infinity }],
    ]);
  });

  it('are lent while nobody needs them, to the owner first when they come back', async () => {
    const { ask, end, turn, started } = setUp(20, [
      level('busy', queue(10, { borrowingLimitPercent: 50 })),
      level('idle', queue(10, { lendablePercent: 80 })),
    ]);
    const busy = (): number => count(started, 'busy:x') + count(started, 'busy:y');
    for (let i = 0; i < 40; i++) ask(i % 2 === 0 ? 'busy:x' : 'busy:y');
    for (let i = 0; i < 16; i++) await turn();
    // Ten of its own, and half as many borrowed.
    expect(busy()).toBe(15);
    for (let i = 0; i < 8; i++) ask('idle:z');
    for (let i = 0; i < 8; i++) await turn();
    // Two are guaranteed, and three of eight that it lends were left.
    expect(count(started, 'idle:z')).toBe(5);
    await end('busy:x');
    await turn();
    expect([busy(), count(started, 'idle:z')]).toEqual([15, 6]);
  });

  it('never sum up to more than all, and all come back', () => {
    const portion = fc
      .record({ nominal: fc.nat(10), lend: fc.nat(100), most: fc.option(fc.nat(20)) })
      .map(({ nominal, lend, most }) => ({
        nominal,
        lendable: Math.round((nominal * lend) / 100),
        most: most === null ? Infinity : Math.max(most, nominal),
      }));
    const step = fc.record({ level: fc.nat(2), take: fc.boolean() });
    fc.assert(
      fc.property(fc.tuple(portion, portion, portion), fc.array(step), (given, steps) => {
        const pool = new SeatPool();
        const levels = given.map((one) => {
          const seats = new LevelSeats(pool);
          seats.set(one);
          return seats;
        });
        const total = given.reduce((sum, { nominal }) => sum + nominal, 0);
        for (const { level: i, take } of steps) {
          const seats = levels[i]!;
          const { nominal, lendable } = given[i]!;
          if (!take) {
            if (seats.used > 0) seats.giveBack(1);
          } else if (seats.fits(1)) seats.take(1);
          else expect(seats.used).toBeGreaterThanOrEqual(nominal - lendable);
          expect(levels.reduce((sum, { used }) => sum + used, 0)).toBeLessThanOrEqual(total);
        }
        for (const seats of levels) seats.giveBack(seats.used);
        expect([pool.used, pool.size]).toEqual([
          0,
          given.reduce((sum, { lendable }) => sum + lendable, 0),
        ]);
      }),
    );
  });
});
