import { describe, expect, it } from 'vitest';
import { HeldConnections } from './held-connections.ts';

/** A flow with `waiting` requests in line, whose connections tell what became of them. */
function setUp(waiting: number) {
  let nowMs = 0;
  let turns: (() => void)[] = [];
  const connections = new HeldConnections({
    monotonic: () => nowMs,
    nextTurn: (fn) => void turns.push(fn),
  });
  for (let i = 0; i < waiting; i++) connections.joined('flood');
  const held: number[] = [];
  const answer = (id: number, flow = 'flood'): void =>
    connections.answered(flow, {
      pause: () => void held.push(id),
      resume: () => void held.splice(held.indexOf(id), 1),
    });
  return {
    connections,
    held,
    answer,
    turn: (): void => {
      const due = turns;
      turns = [];
      for (const fn of due) fn();
    },
    at: (ms: number): void => void (nowMs = ms),
  };
}

describe('connections of a user who floods', () => {
  it('are left alone while four of the user wait, and read again in order', () => {
    const { connections, held, answer } = setUp(5);
    for (const id of [1, 2, 3]) answer(id);
    expect(held).toEqual([1, 2, 3]);
    connections.parted('flood');
    expect(held).toEqual([1, 2, 3]);
    connections.parted('flood');
    expect(held).toEqual([2, 3]);
    connections.joined('flood');
    connections.parted('flood');
    expect(held).toEqual([2, 3]);
  });

  it('are never those of others, nor of who has few in line', () => {
    const { held, answer } = setUp(4);
    answer(1, 'jane');
    expect(held).toEqual([]);
    const few = setUp(3);
    few.answer(1);
    expect(few.held).toEqual([]);
  });

  it('whose clients have sent nothing do not keep the others waiting', () => {
    const { connections, held, answer, turn } = setUp(4);
    for (let id = 0; id < 20; id++) answer(id);
    for (let i = 0; i < 4; i++) connections.parted('flood');
    expect(held).toHaveLength(19);
    // Nothing comes of it: two turns later the next are read, until none is left.
    for (const left of [19, 15, 15, 11, 11, 7, 7, 3, 3, 0]) {
      turn();
      expect(held).toHaveLength(left);
    }
  });

  it('are read after a second, whoever waits', () => {
    const { connections, held, answer, at } = setUp(4);
    answer(1);
    at(600);
    answer(2);
    at(1_000);
    connections.releaseOld();
    expect(held).toEqual([2]);
    at(1_600);
    connections.releaseOld();
    expect(held).toEqual([]);
  });
});
