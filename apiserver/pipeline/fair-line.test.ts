import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairLine } from './fair-line.ts';
import { type Flow, flowOf } from './flow.ts';

/** A server of `places` whose turns and ends of requests are the test's. */
function setUp(places = 12) {
  const turns: (() => void)[] = [];
  const started: string[] = [];
  const line = new FairLine({
    places,
    maxWaiting: 100_000,
    maxWaitingPerFlow: 10_000,
    nextTurn: (fn) => void turns.push(fn),
  });
  const ask = (flow: Flow): void => {
    if (line.enter(flow)) started.push(flow.name);
    else expect(line.wait({ flow, start: () => void started.push(flow.name) })).toBe(true);
  };
  const turn = (): void => {
    for (const fn of turns.splice(0)) fn();
  };
  return { line, ask, turn, started, turns };
}

const guest = (name: string): Flow => ({ name, share: 1 / 3, burst: 2 });

describe('fair queueing', () => {
  it('lets a newcomer in at once, however many of another wait', () => {
    const { line, ask, started } = setUp();
    for (let i = 0; i < 5_000; i++) ask(guest('flood'));
    expect(started).toEqual(['flood', 'flood']);
    ask(guest('jane'));
    expect(started.at(-1)).toBe('jane');
    expect(line.waiting).toBe(4_998);
  });

  it('gives each flow its turn, whatever the length of its line', () => {
    const { line, ask, started, turn } = setUp(3);
    for (let i = 0; i < 100; i++) ask(guest('flood'));
    for (let i = 0; i < 4; i++) ask(guest('jane'));
    for (let i = 0; i < 4; i++) ask(guest('joe'));
    started.length = 0;
    for (let i = 0; i < 4; i++) {
      turn();
      for (const name of ['flood', 'jane', 'joe']) line.leave(guest(name));
    }
    const share = (name: string): number => started.filter((one) => one === name).length;
    expect([share('jane'), share('joe')]).toEqual([3, 3]);
    expect(share('flood')).toBeLessThanOrEqual(5);
  });

  it('lets no flow hold more than its share, nor start more than its burst in a turn', () => {
    const { line, ask, started, turn } = setUp(12);
    for (let i = 0; i < 50; i++) ask(guest('flood'));
    expect(started).toHaveLength(2);
    turn();
    expect(started).toHaveLength(4);
    turn();
    turn();
    expect([started.length, line.atWork]).toEqual([4, 4]);
    line.leave(guest('flood'));
    turn();
    expect([started.length, line.atWork]).toEqual([5, 4]);
  });

  it('turns away what is too much, of one and of all', () => {
    const options = { places: 1, maxWaiting: 3, maxWaitingPerFlow: 2, nextTurn: () => {} };
    const line = new FairLine(options);
    const wait = (name: string): boolean => line.wait({ flow: guest(name), start: () => {} });
    expect(line.enter(guest('a'))).toBe(true);
    expect([wait('a'), wait('a'), wait('a')]).toEqual([true, true, false]);
    expect([wait('b'), wait('c')]).toEqual([true, false]);
  });

  it('starts everything once, in order within a flow, and ends empty', () => {
    const step = fc.oneof(
      fc.record({ ask: fc.integer({ min: 0, max: 3 }) }),
      fc.constant('turn' as const),
      fc.constant('end' as const),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200 }),
        fc.integer({ min: 1, max: 6 }),
        (steps, places) => {
          const turns: (() => void)[] = [];
          const atWork: { flow: Flow; id: number }[] = [];
          const order = new Map<string, number[]>();
          const line = new FairLine({
            ...{ places, maxWaiting: 1_000, maxWaitingPerFlow: 1_000 },
            nextTurn: (fn) => void turns.push(fn),
          });
          let asked = 0;
          const begin = (flow: Flow, id: number): void => {
            atWork.push({ flow, id });
            order.set(flow.name, [...(order.get(flow.name) ?? []), id]);
            expect(atWork.length).toBeLessThanOrEqual(places);
          };
          const end = (): void => {
            const done = atWork.shift();
            if (done !== undefined) line.leave(done.flow);
          };
          const turn = (): void => {
            for (const fn of turns.splice(0)) fn();
          };
          for (const one of steps) {
            if (one === 'turn') turn();
            else if (one === 'end') end();
            else {
              const id = asked++;
              const flow = one.ask === 0 ? { name: 'root', share: 1 } : guest(`g${one.ask}`);
              if (line.enter(flow)) begin(flow, id);
              else line.wait({ flow, start: () => begin(flow, id) });
            }
          }
          for (let i = 0; i < 2 * asked + 2; i++) {
            turn();
            end();
          }
          expect([line.atWork, line.waiting]).toEqual([0, 0]);
          const all = [...order.values()];
          expect(all.flat()).toHaveLength(asked);
          for (const ids of all) expect(ids).toEqual([...ids].sort((a, b) => a - b));
        },
      ),
    );
  });
});

describe('the flow of a request', () => {
  it.each([
    ['admin', ['system:masters'], 1],
    ['system:kube-scheduler', ['system:authenticated'], 1 / 2],
    ['system:node:n1', ['system:nodes'], 1 / 2],
    ['system:serviceaccount:kube-system:x', ['system:serviceaccounts:kube-system'], 1 / 2],
    ['jane', ['system:authenticated'], 1 / 12],
  ])('%s of %j has %d', (name, groups, share) => {
    expect(flowOf({ name, groups })).toMatchObject({ name, share });
  });
});
