import { expect, it } from 'vitest';
import type { Event } from '../kv.ts';
import { EncodedEvents } from './encoded-events.ts';
import { readWatchResponse, writeWatchResponse } from './messages/watch.ts';
import { decode } from './wire/reader.ts';
import { encode } from './wire/writer.ts';

const event = (key: string, value = 'v'): Event => ({
  type: 'put',
  kv: { key, value: Buffer.from(value), createRevision: 2, modRevision: 2, version: 1, lease: '0' },
});
const header = { revision: 7, raftTerm: 2 };

const told = (encodedEvents: Uint8Array): readonly string[] =>
  decode(
    encode((writer) => writeWatchResponse(writer, header, { watchId: 1, encodedEvents })),
    readWatchResponse,
  ).events.map(({ kv }) => `${kv.key}=${Buffer.from(kv.value).toString()}`);

it('encodes the events of a batch once, however many arrays hold them', () => {
  const encoded = new EncodedEvents();
  const [a, b] = [event('a'), event('b')];
  const first = encoded.of([a, b]);
  expect(encoded.of([a, b])).toBe(first);
  expect(told(first)).toEqual(['a=v', 'b=v']);
});

it('never takes one batch for another', () => {
  const encoded = new EncodedEvents();
  const [a, b] = [event('a'), event('b')];
  encoded.of([a, b]);
  expect(told(encoded.of([a]))).toEqual(['a=v']);
  expect(told(encoded.of([b, a]))).toEqual(['b=v', 'a=v']);
  expect(told(encoded.of([event('a', 'w')]))).toEqual(['a=w']);
});

it('does not hold on to large batches', () => {
  const encoded = new EncodedEvents();
  const large = event('a', 'x'.repeat(100_000));
  expect(encoded.of([large]) === encoded.of([large])).toBe(false);
});
