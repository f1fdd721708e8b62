import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonValue } from '../platform/net/http.ts';
import { BoundedStream } from '../platform/stream.ts';
import { LineSplitter, watchEvents } from './watch-stream.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* streamOf<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item;
}

describe('LineSplitter', () => {
  it('yields the same lines wherever the chunks are cut', () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !s.includes('\n'));
    const cuts = fc.array(fc.nat(200), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(line), cuts, (lines, at) => {
        const bytes = Buffer.from(lines.map((l) => `${l}\n`).join(''));
        const wanted = bytes.toString().split('\n').slice(0, -1);
        const borders = [0, ...at.map((n) => n % (bytes.length + 1)), bytes.length];
        borders.sort((a, b) => a - b);
        const splitter = new LineSplitter();
        const got: string[] = [];
        for (let i = 1; i < borders.length; i++) {
          got.push(...splitter.push(bytes.subarray(borders[i - 1], borders[i])));
        }
        expect(got.join('\n')).toBe(wanted.join('\n'));
        expect(splitter.rest()).toBe('');
      }),
    );
  });
});

describe('watchEvents', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'é' } };
  const event = { type: 'ADDED', object: pod };

  it('reads values and bytes alike', async () => {
    const text = Buffer.from(`${JSON.stringify(event)}\n`);
    const half = text.length - 6;
    const body = streamOf([new JsonValue(event), text.subarray(0, half), text.subarray(half)]);
    expect(await collect(watchEvents(body))).toEqual([event, event]);
  });

  it('hands out what waits without a promise for each', async () => {
    const body = new BoundedStream<JsonValue>(10);
    const events = watchEvents(body);
    const first = events.next();
    for (let n = 0; n < 3; n++) body.push(new JsonValue({ ...event, n }));
    expect(await first).toMatchObject({ done: false, value: { n: 0 } });
    expect(events.take()).toMatchObject({ n: 1 });
    expect(events.take()).toMatchObject({ n: 2 });
    expect(events.take()).toBeUndefined();
    body.push(new JsonValue({ type: 'ERROR', object: { kind: 'Status', code: 410 } }));
    expect(() => events.take()).toThrow();
    expect(body.closed).toBe(true);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('throws an ERROR event as StatusError', async () => {
    const object = { kind: 'Status', reason: 'Expired', code: 410, message: 'too old' };
    const body = streamOf([new JsonValue({ type: 'ERROR', object })]);
    await expect(collect(watchEvents(body))).rejects.toMatchObject({ reason: 'Expired' });
  });

  it('drops half an event at the end of a broken connection', async () => {
    const body = streamOf([Buffer.from('{"type":"ADDED","obj')]);
    expect(await collect(watchEvents(body))).toEqual([]);
  });
});
