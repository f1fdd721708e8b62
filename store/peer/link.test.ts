import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../platform/assert.ts';
import { FramesRefusedError, NobodyListensError } from '../../platform/net/frames.ts';
import type { FrameConnection, FrameNetwork } from '../../platform/net/frames.ts';
import { silentLogger } from '../../platform/logger.ts';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { framePair } from '../../test/support/frame-pair.ts';
import type { FramePair } from '../../test/support/frame-pair.ts';
import { StoreError } from '../kv.ts';
import type { Message } from '../raft/message.ts';
import type { PeerHandlers } from '../replica/peers.ts';
import { receiveMessages } from './inbound.ts';
import { frameKinds, Link } from './link.ts';
import { PeerCounts } from './peer-counts.ts';

const message: Message = { type: 'timeoutNow', from: '1', to: '2', term: 3 };

describe('a link to another member', () => {
  let clock: FakeClock;
  let pairs: FramePair[];
  let urls: string[];
  let refusal: Error | undefined;
  let received: Message[];
  let answer: PeerHandlers['answer'];
  let unreachable: number;
  let removed: number;
  let gone: number;
  let counts: PeerCounts;
  let link: Link;

  const network = {
    connect({ url }: { url: string }): Promise<FrameConnection> {
      urls.push(url);
      if (refusal !== undefined) return Promise.reject(refusal);
      const pair = framePair();
      pairs.push(pair);
      const handlers = {
        receive: (each: Message) => received.push(each),
        answer: (question: Parameters<PeerHandlers['answer']>[0]) => answer(question),
      } as unknown as PeerHandlers;
      void receiveMessages(pair.far, handlers, {
        ...{ clock, logger: silentLogger, counts: new PeerCounts('1') },
      });
      return Promise.resolve(pair.near);
    },
  } as unknown as FrameNetwork;

  beforeEach(async () => {
    clock = new FakeClock();
    [pairs, urls, received, unreachable, removed, gone] = [[], [], [], 0, 0, 0];
    refusal = undefined;
    answer = () => Promise.resolve(7);
    counts = new PeerCounts('2');
    link = new Link({
      ...{
        network,
        clock,
        logger: silentLogger,
        tls: () => undefined,
        urls: ['http://a:1', 'http://b:1'],
      },
      hello: { kind: 'messages', clusterId: '9', from: '1', to: '2' },
      counts,
      unreachable: () => unreachable++,
      removed: () => removed++,
      gone: () => gone++,
    });
    await settle();
  });
  afterEach(async () => {
    await link.stop();
    await settle();
    for (const { far } of pairs) far.close();
    await settle();
    expect(clock.timers).toBe(0);
  });

  it('carries messages in order', async () => {
    link.send([message, { ...message, term: 4 }]);
    await settle();
    expect(received.map(({ term }) => term)).toEqual([3, 4]);
  });

  it('is made again when it breaks, at the next of the URLs', async () => {
    pairs[0]!.far.close();
    await clock.advance(100);
    link.send([message]);
    await settle();
    expect(urls).toEqual(['http://a:1', 'http://b:1']);
    expect([received.length, unreachable]).toEqual([1, 1]);
  });

  it('is made again when the other end has vanished without a word', async () => {
    await clock.advance(20_000);
    expect(pairs).toHaveLength(1);
    pairs[0]!.cut();
    await clock.advance(7000);
    expect(pairs).toHaveLength(2);
    expect(pairs[0]!.far.isClosed).toBe(true);
    link.send([message]);
    await settle();
    expect(received).toHaveLength(1);
  });

  it('tells that nobody can be reached, and drops what is sent meanwhile', async () => {
    refusal = new Error('connection refused');
    pairs[0]!.far.close();
    await clock.advance(2000);
    expect(link.connectedSince).toBeUndefined();
    link.send([message]);
    expect(unreachable).toBe(2);
    refusal = undefined;
    await clock.advance(1000);
    expect([received.length, link.connectedSince !== undefined]).toEqual([0, true]);
  });

  it('counts what it carries, what it drops, and how long the other takes to answer', async () => {
    link.send([message]);
    await clock.advance(3500);
    expect([counts.roundTrips.count, counts.isActive]).toEqual([3, true]);
    expect(counts.sentBytes).toBeGreaterThan(10);
    refusal = new Error('connection refused');
    pairs[0]!.far.close();
    await settle();
    link.send([message]);
    expect(counts).toMatchObject({ isActive: false, disconnects: 1, sendFailures: 1 });
  });

  it('brings answers, and the reasons of refusals', async () => {
    const question = { type: 'leaseRenew', id: '5' } as const;
    expect(await link.ask(question)).toBe(7);
    answer = () => Promise.reject(new StoreError('leaseNotFound'));
    await expect(link.ask(question)).rejects.toMatchObject({ reason: 'leaseNotFound' });
  });

  it.each([
    ['a question that is no JSON', frameKinds.question, '}{'],
    ['a question of nobody', frameKinds.question, 'null'],
    ['a question without a type', frameKinds.question, '{"id":1,"question":{}}'],
    ['a message of no known type', frameKinds.message, '\xff'],
    ['a message that is cut short', frameKinds.message, '\0\0\0'],
    ['a message without a term', frameKinds.message, `\x0c${'\0'.repeat(16)}${'\x7f'.repeat(8)}`],
  ])('ends with %s', async (_, kind, text) => {
    pairs[0]!.near.send(Buffer.concat([Buffer.from([kind]), Buffer.from(text, 'latin1')]));
    await settle();
    expect([pairs[0]!.far.isClosed, received]).toEqual([true, []]);
    await clock.advance(100);
    expect(pairs).toHaveLength(2);
  });

  it.each(['}{', 'null', '{"id":"7"}'])('ends with an answer that is none: %s', async (text) => {
    answer = () => new Promise(() => {});
    const asked = expect(link.ask({ type: 'leaseRenew', id: '5' })).rejects.toMatchObject({
      reason: 'timeout',
    });
    pairs[0]!.far.send(Buffer.concat([Buffer.from([frameKinds.answer]), Buffer.from(text)]));
    await settle();
    await asked;
    expect(pairs[0]!.near.isClosed).toBe(true);
    await clock.advance(100);
    expect(pairs).toHaveLength(2);
  });

  it.each(['constructor', 'toString', 'unheard of'])(
    'takes the reason %j, which no member has, for one of its own',
    async (reason) => {
      answer = () => new Promise(() => {});
      const asked = link.ask({ type: 'leaseRenew', id: '5' });
      const reply = Buffer.from(JSON.stringify({ id: 1, reason }));
      pairs[0]!.far.send(Buffer.concat([Buffer.from([frameKinds.answer]), reply]));
      await expect(asked).rejects.toMatchObject({ reason: 'unavailable' });
    },
  );

  it('goes on after a question that nobody knows', async () => {
    answer = () => {
      throw new TypeError('no such question');
    };
    const question = { type: 'unheardOf' } as never;
    await expect(link.ask(question)).rejects.toMatchObject({ reason: 'unavailable' });
    link.send([message]);
    await settle();
    expect(received).toHaveLength(1);
  });

  it('ends the process when an answer breaks an invariant', async () => {
    const pair = framePair();
    const handlers = { answer: () => Promise.reject(new AssertionError('broken')) };
    const served = receiveMessages(pair.far, handlers as unknown as PeerHandlers, {
      ...{ clock, logger: silentLogger, counts: new PeerCounts('1') },
    });
    const question = Buffer.from('{"id":1,"question":{"type":"leaseRenew","id":"5"}}');
    pair.near.send(Buffer.concat([Buffer.from([frameKinds.question]), question]));
    // Whoever serves the port handles no rejection.
    await expect(served).rejects.toThrow('broken');
    pair.near.close();
  });

  it('waits for an answer no longer than its deadline', async () => {
    answer = () => new Promise(() => {});
    const asked = expect(link.ask({ type: 'leaseRenew', id: '5' })).rejects.toMatchObject({
      reason: 'timeout',
    });
    await clock.advance(6000);
    await asked;
  });

  it('tells that the other process is gone when its machine says so', async () => {
    pairs[0]!.cut();
    await clock.advance(2000);
    expect(gone).toBe(0);
    refusal = new NobodyListensError('connection refused');
    pairs[0]!.near.abort();
    await clock.advance(30);
    expect(gone).toBe(1);
  });

  it('is told when its member was removed for good', async () => {
    refusal = new FramesRefusedError(410, 'removed');
    pairs[0]!.far.close();
    await clock.advance(30);
    expect(removed).toBe(1);
  });
});
