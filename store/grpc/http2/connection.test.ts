import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  frame,
  headerBlock,
  LoopDuplex,
  message,
  PREFACE,
  Received,
  request,
  u32,
} from '../../../test/support/http2-client.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { ServerConnection } from './connection.ts';
import { errorCodes } from './errors.ts';
import { frameFlags, frameTypes, settingsFrame, type Frame } from './frames.ts';
import { HeaderDecoder } from './header-decoder.ts';
import type { Field } from './header-table.ts';
import { PingLimit } from './ping-limit.ts';
import { settingIds } from './settings.ts';
import type { ServerStream } from './stream.ts';

const { endHeaders, endStream, ack, padded } = frameFlags;

let duplex: LoopDuplex;
let received: Received;
let connection: ServerConnection;
let streams: ServerStream[];
let heads: (readonly Field[])[];
let events: string[];
let bodies: Buffer[];
let refuses: boolean;
let clock: FakeClock;

function open(hasSettings = true): void {
  [duplex, streams, heads, events, bodies, refuses] = [new LoopDuplex(), [], [], [], [], false];
  received = new Received(duplex);
  clock = new FakeClock();
  const limits = { maxStreams: 10_000, pings: new PingLimit(clock, 5000) };
  const handlers = {
    open(stream: ServerStream, fields: readonly Field[]) {
      if (refuses) return undefined;
      streams.push(stream);
      heads.push(fields);
      const say = (what: string): void => void events.push(`${what} ${stream.id}`);
      return {
        received: (bytes: Buffer) => {
          bodies.push(Buffer.from(bytes));
          stream.take(bytes.length);
        },
        halfClosed: () => say('halfClosed'),
        drained: () => say('drained'),
        aborted: () => say('aborted'),
      };
    },
    closed: () => void events.push('closed'),
  };
  connection = new ServerConnection(duplex, handlers, limits);
  connection.open();
  if (!hasSettings) return;
  duplex.arrive(PREFACE);
  duplex.arrive(settingsFrame([]));
  received.take();
}
beforeEach(() => open());

const begin = (streamId: number, flags = endHeaders): void =>
  duplex.arrive(frame('headers', streamId, request('/s/m'), flags));
const sentBytes = (frames: readonly Frame[]): number =>
  frames
    .filter(({ type }) => type === frameTypes.data)
    .reduce((sum, { payload }) => sum + payload.length, 0);

/** The code of the GOAWAY with which the connection has ended. */
function failure(): number {
  const last = received.take().at(-1)!;
  expect([last.type, duplex.hasEnded]).toEqual([frameTypes.goaway, true]);
  return last.payload.readUInt32BE(4);
}

describe('a connection', () => {
  it('begins with settings, acknowledges the client’s, and answers pings', () => {
    open(false);
    duplex.arrive(PREFACE.subarray(0, 10));
    duplex.arrive(PREFACE.subarray(10));
    duplex.arrive(settingsFrame([[settingIds.maxFrameSize, 1 << 20]]));
    duplex.arrive(frame('ping', 0, Buffer.from('12345678')));
    duplex.arrive(frame('ping', 0, Buffer.from('87654321'), ack));
    const frames = received.take();
    expect(frames.map(({ type, flags }) => [type, flags])).toEqual([
      [frameTypes.settings, 0],
      [frameTypes.windowUpdate, 0],
      [frameTypes.settings, ack],
      [frameTypes.ping, ack],
    ]);
    expect(frames[3]!.payload.toString()).toBe('12345678');
  });

  it('answers a request in one piece, with headers that shrink', () => {
    const decoder = new HeaderDecoder();
    const answers: string[][] = [];
    const sizes: number[] = [];
    for (const id of [1, 3, 5]) {
      begin(id);
      duplex.arrive(frame('data', id, message(Buffer.from('ask')), endStream));
      streams.at(-1)!.answer(Buffer.from('answer'));
      expect(duplex.sent).toHaveLength(1);
      sizes.push(duplex.sent[0]!.length);
      answers.push(
        received
          .take()
          .flatMap(({ type, payload }) =>
            type === frameTypes.data
              ? [payload.subarray(5).toString()]
              : decoder.decode(payload)!.map(({ name, value }) => `${name}: ${value}`),
          ),
      );
    }
    const answer = [':status: 200', 'content-type: application/grpc', 'answer', 'grpc-status: 0'];
    expect(answers).toEqual([answer, answer, answer]);
    expect(sizes[1]).toBe(3 * 9 + 2 + 5 + 6 + 1);
    expect(sizes[2]).toBe(sizes[1]);
    expect(bodies.map((bytes) => bytes.subarray(5).toString())).toEqual(['ask', 'ask', 'ask']);
    expect(connection.streams).toBe(0);
  });

  it('uses no table of a client that has none, and says so first', () => {
    begin(1);
    streams[0]!.answer(Buffer.from('x'));
    received.take();
    duplex.arrive(settingsFrame([[settingIds.headerTableSize, 0]]));
    const decoder = new HeaderDecoder();
    for (const id of [3, 5]) {
      begin(id);
      streams.at(-1)!.answer(Buffer.from('x'));
      const heads = received.take().filter(({ type }) => type === frameTypes.headers);
      expect(heads[0]!.payload[0]).toBe(id === 3 ? 0x20 : 0x88);
      const fields = heads.flatMap(({ payload }) => decoder.decode(payload)!);
      expect(fields.map(({ name }) => name)).toEqual([':status', 'content-type', 'grpc-status']);
    }
  });

  it('keeps to the windows of the stream and of the connection, and takes turns', () => {
    duplex.arrive(settingsFrame([[settingIds.initialWindowSize, 40_000]]));
    begin(1, endHeaders | endStream);
    begin(3, endHeaders | endStream);
    expect(streams[0]!.message(Buffer.alloc(100_000, 1))).toBe(true);
    expect(streams[1]!.message(Buffer.alloc(200_000, 2))).toBe(false);
    streams[0]!.end('ok');
    streams[1]!.end('ok');
    const first = received.take();
    const of = (frames: readonly Frame[], id: number): number =>
      sentBytes(frames.filter(({ streamId }) => streamId === id));
    expect([of(first, 1), of(first, 3)]).toEqual([40_000, 25_535]);
    duplex.arrive(frame('windowUpdate', 0, u32(1_000_000)));
    expect(of(received.take(), 3)).toBe(40_000 - 25_535);
    duplex.arrive(settingsFrame([[settingIds.initialWindowSize, 100_000]]));
    expect(sentBytes(received.take())).toBe(120_000);
    duplex.arrive(frame('windowUpdate', 1, u32(5)));
    expect(received.takeNames()).toEqual(['data 1', 'headers 1']);
    expect(events).not.toContain('drained 3');
    duplex.arrive(frame('windowUpdate', 3, u32(1_000_000)));
    expect(received.takeNames().at(-1)).toBe('headers 3');
    expect(connection.streams).toBe(0);
  });

  it('tells a stream that was full when it is not any more', () => {
    begin(1, endHeaders | endStream);
    expect(streams[0]!.message(Buffer.alloc(300_000))).toBe(false);
    duplex.arrive(frame('windowUpdate', 0, u32(1_000_000)));
    expect(events).toEqual(['halfClosed 1']);
    duplex.arrive(frame('windowUpdate', 1, u32(1_000_000)));
    expect(events).toEqual(['halfClosed 1', 'drained 1']);
    duplex.isReading = false;
    expect(streams[0]!.message(Buffer.alloc(100))).toBe(true);
    duplex.waiting += 2 << 20;
    expect(streams[0]!.message(Buffer.alloc(100))).toBe(false);
    duplex.drain();
    expect(events).toEqual(['halfClosed 1', 'drained 1', 'drained 1']);
  });

  describe('makes a long message while it leaves', () => {
    let made: number;
    function answer(streamId: number, parts: number): void {
      begin(streamId, endHeaders | endStream);
      received.take();
      made = 0;
      const each = Array.from({ length: parts }, (_, i) => Buffer.alloc(10_000, i));
      function* make(): Generator<Uint8Array> {
        for (const part of each) {
          made++;
          yield part;
        }
      }
      streams.at(-1)!.answer({ length: parts * 10_000, parts: make() });
    }

    it('within the windows', () => {
      answer(1, 20);
      expect(made).toBe(7);
      const first = received.take();
      expect(sentBytes(first)).toBe(65_535);
      duplex.arrive(frame('windowUpdate', 0, u32(1_000_000)));
      duplex.arrive(frame('windowUpdate', 1, u32(1_000_000)));
      const frames = [...first, ...received.take()];
      const data = frames.filter(({ type }) => type === frameTypes.data);
      const all = Buffer.concat(data.map(({ payload }) => payload));
      const parts = Array.from({ length: 20 }, (_, i) => Buffer.alloc(10_000, i));
      expect(all.equals(message(Buffer.concat(parts)))).toBe(true);
      expect(frames.at(-1)!.flags & endStream).toBe(endStream);
      expect([made, connection.streams]).toEqual([20, 0]);
    });

    it('no faster than the network takes it', () => {
      duplex.arrive(settingsFrame([[settingIds.initialWindowSize, 10_000_000]]));
      duplex.arrive(frame('windowUpdate', 0, u32(10_000_000)));
      duplex.isReading = false;
      answer(1, 200);
      const before = made;
      expect(before).toBeLessThan(40);
      duplex.arrive(frame('windowUpdate', 0, u32(1)));
      expect(made).toBe(before);
      duplex.drain();
      expect(made).toBeGreaterThan(before);
      duplex.isReading = true;
      duplex.drain();
      expect([made, connection.streams]).toEqual([200, 0]);
      expect(received.takeNames().at(-1)).toBe('headers 1');
    });

    it('and not on once nobody wants it', () => {
      answer(1, 20);
      duplex.arrive(frame('rstStream', 1, u32(errorCodes.cancel)));
      duplex.arrive(frame('windowUpdate', 0, u32(1_000_000)));
      duplex.drain();
      expect([made, sentBytes(received.take())]).toEqual([7, 65_535]);
    });
  });

  it('gives back the room of what was taken, and of what came for nobody', () => {
    begin(1);
    for (let i = 0; i < 40; i++) duplex.arrive(frame('data', 1, Buffer.alloc(16_384)));
    const grants = received.take();
    expect(grants.map(({ streamId }) => streamId)).toEqual([1]);
    expect(grants[0]!.payload.readUInt32BE(0)).toBe(1 << 19);
    duplex.arrive(frame('rstStream', 1, u32(errorCodes.cancel)));
    for (let i = 0; i < 500; i++) duplex.arrive(frame('data', 1, Buffer.alloc(16_384)));
    const total = received.take().reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
    expect(total).toBe(8 << 20);
    expect(duplex.hasEnded).toBe(false);
  });

  it('reads padding, priorities, continuations, and ignores what it does not know', () => {
    const block = request('/padded');
    const priority = Buffer.from([0, 0, 0, 0, 16]);
    const body = Buffer.concat([Buffer.from([3]), priority, block, Buffer.alloc(3)]);
    duplex.arrive(frame('headers', 1, body, endHeaders | padded | frameFlags.priority));
    expect(heads[0]!.find(({ name }) => name === ':path')!.value).toBe('/padded');
    const data = Buffer.concat([Buffer.from([2]), Buffer.from('body'), Buffer.alloc(2)]);
    duplex.arrive(frame('data', 1, data, padded));
    expect(bodies.map(String)).toEqual(['body']);
    duplex.arrive(frame('headers', 3, block.subarray(0, 5), endStream));
    duplex.arrive(frame('continuation', 3, block.subarray(5, 9)));
    duplex.arrive(frame('continuation', 3, block.subarray(9), endHeaders));
    expect(heads[1]).toEqual(heads[0]);
    duplex.arrive(frame('priority', 5, priority));
    const unknown = frame('ping', 7, Buffer.from('what'));
    unknown[3] = 0x77;
    duplex.arrive(unknown);
    duplex.arrive(frame('goaway', 0, Buffer.alloc(8)));
    expect(events).toEqual(['halfClosed 3']);
    expect(duplex.hasEnded).toBe(false);
  });

  it('ends requests that were answered before they were whole', () => {
    begin(1);
    streams[0]!.end([{ name: 'grpc-status', value: '8' }]);
    expect(received.takeNames()).toEqual(['headers 1', 'rstStream 1']);
    duplex.arrive(frame('data', 1, Buffer.from('late'), endStream));
    duplex.arrive(frame('headers', 1, headerBlock({ late: '1' }), endHeaders | endStream));
    expect([received.take(), events, duplex.hasEnded]).toEqual([[], [], false]);
  });

  it('aborts streams that are reset, and all when the client is gone', () => {
    begin(1);
    begin(3);
    begin(5);
    streams[1]!.message(Buffer.alloc(500_000));
    duplex.arrive(frame('rstStream', 3, u32(errorCodes.cancel)));
    streams[1]!.message(Buffer.from('nobody reads'));
    streams[1]!.end('ok');
    received.take();
    streams[2]!.reset(errorCodes.internalError);
    expect(received.takeNames()).toEqual(['rstStream 5']);
    duplex.close();
    expect(events).toEqual(['aborted 3', 'aborted 5', 'aborted 1', 'closed']);
  });

  it('refuses what comes after it was told to end, and ends with the last request', () => {
    begin(1, endHeaders | endStream);
    connection.drain();
    connection.drain();
    begin(3, endHeaders | endStream);
    expect(received.takeNames()).toEqual(['goaway 0', 'rstStream 3']);
    expect(duplex.hasEnded).toBe(false);
    streams[0]!.answer(Buffer.from('last'));
    expect(received.takeNames()).toEqual(['headers 1', 'data 1', 'headers 1']);
    expect(duplex.hasEnded).toBe(true);
  });

  it('ends at once when it is told to and nothing is under way', () => {
    connection.drain();
    expect(duplex.hasEnded).toBe(true);
  });

  it('refuses requests of whoever does not read answers, and too many of anybody', () => {
    duplex.isReading = false;
    duplex.waiting = 300 << 20;
    begin(1, endHeaders | endStream);
    const refusal = received.take().at(-1)!;
    expect(refusal.payload.readUInt32BE(0)).toBe(errorCodes.refusedStream);
    expect(streams).toHaveLength(0);
    duplex.waiting = 0;
    refuses = true;
    begin(3, endHeaders | endStream);
    expect(received.takeNames()).toEqual(['rstStream 3']);
    refuses = false;
    for (let i = 0; i < 10_001; i++) begin(5 + 2 * i, endHeaders | endStream);
    expect(streams).toHaveLength(10_000);
    expect(received.takeNames()).toEqual(['rstStream 20005']);
  });

  const ping = (): void => duplex.arrive(frame('ping', 0, Buffer.alloc(8)));

  it('sends away whoever pings too often, as gRPC’s servers do', async () => {
    begin(1);
    for (let i = 0; i < 3; i++) ping();
    await clock.advance(5000);
    ping();
    expect(duplex.hasEnded).toBe(false);
    ping();
    const frames = received.take();
    expect(frames.slice(0, -1).map(({ type }) => type)).toEqual(Array(5).fill(frameTypes.ping));
    const { type, payload } = frames.at(-1)!;
    expect([type, payload.readUInt32BE(0), payload.readUInt32BE(4)]).toEqual([
      ...[frameTypes.goaway, 1, errorCodes.enhanceYourCalm],
    ]);
    expect(payload.subarray(8).toString()).toBe('too_many_pings');
    expect(duplex.hasEnded).toBe(true);
  });

  it('lets whoever was sent something ping, and nobody who has no call, but every 2 h', async () => {
    begin(1);
    for (let i = 0; i < 10; i++) {
      streams[0]!.message(Buffer.from('news'));
      ping();
    }
    streams[0]!.end('ok');
    // Its headers: the first ping after it is free.
    for (let i = 0; i < 3; i++) {
      ping();
      await clock.advance(60_000);
    }
    await clock.advance(2 * 60 * 60 * 1000);
    ping();
    expect(duplex.hasEnded).toBe(false);
    ping();
    expect(failure()).toBe(errorCodes.enhanceYourCalm);
  });

  it('answers 431 to header fields that are too many', () => {
    const entering = Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]);
    const again = Buffer.alloc(20, 0xbe);
    const block = Buffer.concat([entering, Buffer.alloc(4000, 'v'), again]);
    duplex.arrive(frame('headers', 1, block, endHeaders));
    const [head] = received.take();
    expect(new HeaderDecoder().decode(head!.payload)).toEqual([{ name: ':status', value: '431' }]);
    expect([streams.length, duplex.hasEnded]).toEqual([0, false]);
  });

  it('resets a request with a field that may not be, in the table too', () => {
    const entering = Buffer.concat([
      request('/s/m'),
      Buffer.from([0x40, 1]),
      Buffer.from('A\x01a'),
    ]);
    duplex.arrive(frame('headers', 1, entering, endHeaders));
    const again = Buffer.concat([request('/s/m'), Buffer.from([0xbe])]);
    duplex.arrive(frame('headers', 3, again, endHeaders));
    expect(received.take().map(({ streamId, payload }) => [streamId, ...payload])).toEqual([
      [1, 0, 0, 0, errorCodes.protocolError],
      [3, 0, 0, 0, errorCodes.protocolError],
    ]);
    begin(5);
    expect(streams).toHaveLength(1);
  });

  it('takes of the windows that a frame names the last', () => {
    duplex.arrive(settingsFrame([[settingIds.initialWindowSize, 0]]));
    begin(1);
    streams[0]!.answer(Buffer.from('answer'));
    received.take();
    const windows = [100, 0, 100, 3].map((each) => [settingIds.initialWindowSize, each] as const);
    duplex.arrive(settingsFrame(windows));
    expect(sentBytes(received.take())).toBe(3);
  });

  it('counts resets as unread only until the network has taken them', () => {
    duplex.isReading = false;
    refuses = true;
    // POST, http and "/".
    const block = Buffer.from([0x83, 0x86, 0x84]);
    const wave = (from: number): void => {
      const ids = Array.from({ length: 41_000 }, (_, i) => from + 2 * i);
      duplex.arrive(Buffer.concat(ids.map((id) => frame('headers', id, block, endHeaders))));
    };
    wave(1);
    duplex.drain();
    wave(100_001);
    expect(duplex.hasEnded).toBe(false);
    wave(200_001);
    expect(failure()).toBe(errorCodes.enhanceYourCalm);
  });

  const wrong: [string, number, () => void][] = [
    [
      'a frame too large',
      errorCodes.frameSizeError,
      () => duplex.arrive(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1])),
    ],
    [
      'data of no stream',
      errorCodes.protocolError,
      () => duplex.arrive(frame('data', 1, Buffer.from('x'))),
    ],
    [
      'data of the connection',
      errorCodes.protocolError,
      () => duplex.arrive(frame('data', 0, Buffer.from('x'))),
    ],
    ['an even stream', errorCodes.protocolError, () => begin(2)],
    ['stream 0', errorCodes.protocolError, () => begin(0)],
    [
      'a reset of nothing',
      errorCodes.protocolError,
      () => duplex.arrive(frame('rstStream', 9, u32(8))),
    ],
    [
      'a reset too short',
      errorCodes.frameSizeError,
      () => duplex.arrive(frame('rstStream', 1, Buffer.alloc(3))),
    ],
    [
      'a ping too short',
      errorCodes.frameSizeError,
      () => duplex.arrive(frame('ping', 0, Buffer.alloc(7))),
    ],
    [
      'a ping of a stream',
      errorCodes.protocolError,
      () => duplex.arrive(frame('ping', 1, Buffer.alloc(8))),
    ],
    [
      'settings cut short',
      errorCodes.frameSizeError,
      () => duplex.arrive(frame('settings', 0, Buffer.alloc(5))),
    ],
    ['settings of a stream', errorCodes.protocolError, () => duplex.arrive(frame('settings', 1))],
    [
      'an acknowledgement with settings',
      errorCodes.frameSizeError,
      () => duplex.arrive(frame('settings', 0, Buffer.alloc(6), ack)),
    ],
    [
      'a wrong window',
      errorCodes.flowControlError,
      () => duplex.arrive(settingsFrame([[settingIds.initialWindowSize, 2 ** 31]])),
    ],
    [
      'a wrong frame size',
      errorCodes.protocolError,
      () => duplex.arrive(settingsFrame([[settingIds.maxFrameSize, 100]])),
    ],
    [
      'an update by nothing',
      errorCodes.protocolError,
      () => duplex.arrive(frame('windowUpdate', 0, u32(0))),
    ],
    [
      'a window that overflows',
      errorCodes.flowControlError,
      () => duplex.arrive(frame('windowUpdate', 0, u32(2 ** 31 - 1))),
    ],
    [
      'a push',
      errorCodes.protocolError,
      () => duplex.arrive(frame('pushPromise', 1, Buffer.alloc(4))),
    ],
    [
      'a continuation of nothing',
      errorCodes.protocolError,
      () => duplex.arrive(frame('continuation', 1, Buffer.alloc(4), endHeaders)),
    ],
    [
      'a broken header block',
      errorCodes.compressionError,
      () => duplex.arrive(frame('headers', 1, Buffer.from([0xff, 0xff]), endHeaders)),
    ],
    [
      'padding without end',
      errorCodes.protocolError,
      () => duplex.arrive(frame('headers', 1, Buffer.from([9]), endHeaders | padded)),
    ],
    [
      'a block that is interrupted',
      errorCodes.protocolError,
      () => {
        begin(1, 0);
        duplex.arrive(frame('ping', 0, Buffer.alloc(8)));
      },
    ],
    [
      'a block without end',
      errorCodes.enhanceYourCalm,
      () => {
        begin(1, 0);
        for (let i = 0; i < 40; i++) duplex.arrive(frame('continuation', 1));
      },
    ],
    [
      'header fields amid a request',
      errorCodes.protocolError,
      () => {
        begin(1);
        begin(1);
      },
    ],
    [
      'pings that nobody reads the answers of',
      errorCodes.enhanceYourCalm,
      () => {
        duplex.isReading = false;
        const pings = Buffer.concat(Array<Buffer>(100).fill(frame('ping', 0, Buffer.alloc(8))));
        for (let i = 0; i < 1000; i++) duplex.arrive(pings);
      },
    ],
  ];
  it.each(wrong)('ends for %s', (_, code, act) => {
    act();
    expect(failure()).toBe(code);
  });

  it('ends for what is no HTTP/2 at all, or begins without settings', () => {
    open(false);
    duplex.arrive(Buffer.from('GET / HTTP/1.1\r\n'));
    expect(failure()).toBe(errorCodes.protocolError);
    open(false);
    duplex.arrive(PREFACE);
    duplex.arrive(frame('ping', 0, Buffer.alloc(8)));
    expect(failure()).toBe(errorCodes.protocolError);
  });

  it('resets a stream that sends more than its window, or after its end', () => {
    begin(1);
    streams[0]!.handlers!.received = () => {};
    for (let i = 0; i < 65; i++) duplex.arrive(frame('data', 1, Buffer.alloc(16_384)));
    const reset = received.take().find(({ type }) => type === frameTypes.rstStream)!;
    expect(reset.payload.readUInt32BE(0)).toBe(errorCodes.flowControlError);
    begin(3, endHeaders | endStream);
    duplex.arrive(frame('data', 3, Buffer.from('more')));
    expect(received.take()[0]!.payload.readUInt32BE(0)).toBe(errorCodes.streamClosed);
    expect(duplex.hasEnded).toBe(false);
  });
});

const anyFrame = fc
  .record({
    type: fc.integer({ min: 0, max: 10 }),
    flags: fc.constantFrom(0, 1, 4, 5, 8, 0x20, 0x2d, 0xff),
    streamId: fc.constantFrom(0, 1, 2, 3, 5, 7, 2 ** 31 - 1),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constant(request('/s/m')),
      fc.constant(message(Buffer.from('m'))),
      fc.nat().map((n) => u32(n)),
      fc.constant(Buffer.alloc(8)),
      fc.constant(Buffer.alloc(0)),
    ),
  })
  .map(({ type, ...rest }) => {
    const bytes = frame('ping', rest.streamId, rest.payload, rest.flags);
    bytes[3] = type;
    return bytes;
  });

describe('whatever a client sends', () => {
  it('ends the connection properly or is served, and never throws', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 40 }), fc.boolean(), (frames, answers) => {
        open();
        for (const bytes of frames) {
          duplex.arrive(bytes);
          if (answers) for (const stream of streams.splice(0)) stream.answer(Buffer.from('a'));
        }
        const last = received.take().at(-1);
        if (duplex.hasEnded) expect(last!.type).toBe(frameTypes.goaway);
        duplex.close();
        expect(connection.streams).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('means the same however the network cuts it', () => {
    const conversation = fc
      .array(anyFrame, { maxLength: 12 })
      .map((frames) => Buffer.concat([PREFACE, settingsFrame([]), ...frames]));
    const cuts = fc.array(fc.nat(400), { maxLength: 12 });
    fc.assert(
      fc.property(conversation, cuts, (bytes, positions) => {
        const play = (at: readonly number[]): unknown => {
          open(false);
          let from = 0;
          for (const end of [...at, bytes.length]) {
            duplex.arrive(bytes.subarray(from, Math.max(from, end)));
            from = Math.max(from, end);
          }
          return [Buffer.concat(duplex.sent), events, heads, bodies.map(String), duplex.hasEnded];
        };
        const whole = play([]);
        expect(play([...positions].sort((a, b) => a - b))).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});
