import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  type Plain,
} from '../../test/conformance/store/etcd-proto.ts';
import { encodeIdentity, writeHeader } from './messages/header.ts';
import { writeLeaseResponse } from './messages/lease.ts';
import { readRangeRequest, readRangeResponse, writeRangeResponse } from './messages/range.ts';
import {
  readTxnRequest,
  readTxnResponse,
  writeTxnRequest,
  writeTxnResponse,
} from './messages/txn.ts';
import { readWatchCommand, readWatchResponse, writeWatchResponse } from './messages/watch.ts';
import { decode, WireError, WireReader } from './wire/reader.ts';
import { encode, WireWriter } from './wire/writer.ts';
import type { KeyValue, RangeRequest, RequestOp, TxnRequest } from '../kv.ts';

const byteString = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const value = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const revision = fc.oneof(fc.nat(200), fc.maxSafeNat());
const lease = fc.oneof(fc.constant('0'), fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }).map(String));

const keyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: byteString,
  value,
  createRevision: revision,
  modRevision: revision,
  version: revision,
  lease,
});

/** As an independent implementation (protobufjs) spells the same pair. */
const plainKeyValue = (kv: KeyValue): Plain =>
  withoutZeros({
    key: kv.key,
    create_revision: String(kv.createRevision),
    mod_revision: String(kv.modRevision),
    version: String(kv.version),
    value: Buffer.from(kv.value).toString('latin1'),
    lease: kv.lease,
  });

/** proto3 does not send zeros. A key or value of the one byte "0" is none. */
function withoutZeros(plain: Plain): Plain {
  const zero = (name: string, item: unknown): boolean =>
    item === '' || item === false || (item === '0' && name !== 'key' && name !== 'value');
  return Object.fromEntries(Object.entries(plain).filter(([name, item]) => !zero(name, item)));
}

const header = {
  identity: encodeIdentity({ clusterId: '14841639068965178418', memberId: '10276657743932975437' }),
  revision: 7,
  raftTerm: 2,
};
const plainHeader = {
  cluster_id: '14841639068965178418',
  member_id: '10276657743932975437',
  revision: '7',
  raft_term: '2',
};

describe('the wire codec against protobufjs', () => {
  it('writes and reads range responses', () => {
    fc.assert(
      fc.property(
        fc.array(keyValue, { maxLength: 8 }),
        fc.boolean(),
        revision,
        (kvs, more, count) => {
          const bytes = encode((w) =>
            writeRangeResponse(w, header, { revision: 7, kvs, more, count }),
          );
          const plain = decodeMessage('RangeResponse', bytes);
          expect(plain).toEqual({
            header: plainHeader,
            ...(kvs.length === 0 ? {} : { kvs: kvs.map(plainKeyValue) }),
            ...withoutZeros({ more, count: String(count) }),
          });
          expect(decode(bytes, readRangeResponse)).toEqual({ revision: 7, kvs, more, count });
        },
      ),
    );
  });

  it('reads every field of a range request', () => {
    const plain = {
      ...{ key: 'a\xff', range_end: 'b\0', limit: '10', revision: '-5', sort_order: 'DESCEND' },
      ...{ sort_target: 'MOD', serializable: true, keys_only: true, count_only: true },
      ...{ min_mod_revision: '1', max_mod_revision: '2', min_create_revision: '3' },
      max_create_revision: '9007199254740991',
    };
    expect(decode(encodeMessage('RangeRequest', plain), readRangeRequest)).toEqual({
      ...{ key: 'a\xff', rangeEnd: 'b\0', limit: 10, revision: -5 },
      ...{ sort: { target: 'mod', order: 'descend' }, serializable: true, keysOnly: true },
      ...{ countOnly: true, minModRevision: 1, maxModRevision: 2, minCreateRevision: 3 },
      maxCreateRevision: Number.MAX_SAFE_INTEGER,
    });
  });

  it.each([
    [
      { sort_order: 'NONE', sort_target: 'VERSION' },
      { target: 'version', order: 'ascend' },
    ],
    [{ sort_order: 'ASCEND', sort_target: 'KEY' }, undefined],
    [
      { sort_order: 'DESCEND', sort_target: 'KEY' },
      { target: 'key', order: 'descend' },
    ],
  ])('reads sort %j as %j', (fields, sort) => {
    const bytes = encodeMessage('RangeRequest', { key: 'a', ...fields });
    expect(decode(bytes, readRangeRequest).sort).toEqual(sort);
  });

  it('refuses an unknown sort order, but lets the store refuse an empty key first', () => {
    const unknown = Buffer.from([0x28, 9]);
    const key = encodeMessage('RangeRequest', { key: 'a' });
    expect(() => decode(Buffer.concat([key, unknown]), readRangeRequest)).toThrow(
      'etcdserver: invalid sort option',
    );
    expect(decode(unknown, readRangeRequest).key).toBe('');
  });

  const rangeEnd = fc.option(
    byteString.filter((end) => end !== ''),
    { nil: undefined },
  );
  const compare = fc
    .tuple(
      fc.constantFrom('equal', 'greater', 'less', 'notEqual'),
      byteString,
      rangeEnd,
      fc.oneof(
        fc.record({ target: fc.constantFrom('version', 'create', 'mod'), operand: revision }),
        fc.record({ target: fc.constant('lease'), operand: lease }),
        fc.record({ target: fc.constant('value'), operand: value }),
      ),
    )
    .map(([result, key, end, target]) => ({ result, key, ...span(end), ...target }));
  const span = (end: string | undefined): { rangeEnd?: string } =>
    end === undefined ? {} : { rangeEnd: end };
  const put = fc.record({ key: byteString, value, lease: lease.filter((id) => id !== '0') });
  const range = fc
    .tuple(
      byteString,
      rangeEnd,
      revision.filter((n) => n > 0),
    )
    .map(([key, end, at]): RangeRequest => ({ key, ...span(end), revision: at }));
  const { txn } = fc.letrec<{ txn: TxnRequest; op: RequestOp }>((tie) => ({
    op: fc.oneof(
      { maxDepth: 2 },
      put.map((request) => ({ type: 'put' as const, request })),
      range.map((request) => ({ type: 'range' as const, request })),
      fc.constant({ type: 'empty' as const }),
      byteString.map((key) => ({ type: 'deleteRange' as const, request: { key } })),
      tie('txn').map((request) => ({ type: 'txn' as const, request })),
    ),
    txn: fc.record({
      compare: fc.array(compare, { maxLength: 3 }),
      success: fc.array(tie('op'), { maxLength: 3 }),
      failure: fc.array(tie('op'), { maxLength: 2 }),
    }),
  }));

  it('reads back every transaction it writes, directly and through protobufjs', () => {
    fc.assert(
      fc.property(txn, (request) => {
        const bytes = encode((writer) => writeTxnRequest(writer, request));
        expect(decode(bytes, (reader) => readTxnRequest(reader))).toEqual(request);
        const again = encodeMessage('TxnRequest', decodeMessage('TxnRequest', bytes));
        expect(decode(again, (reader) => readTxnRequest(reader))).toEqual(request);
      }),
    );
  });

  it('gives inner responses of a transaction a header with the revision only', () => {
    const response = {
      revision: 7,
      succeeded: true,
      responses: [
        { type: 'put' as const, response: { revision: 7 } },
        { type: 'deleteRange' as const, response: { revision: 7, deleted: 1, prevKvs: [] } },
        {
          type: 'txn' as const,
          response: { revision: 7, succeeded: false, responses: [] },
        },
      ],
    };
    const bytes = encode((writer) => writeTxnResponse(writer, header, response));
    expect(decodeMessage('TxnResponse', bytes)).toEqual({
      header: plainHeader,
      succeeded: true,
      responses: [
        { response_put: { header: { revision: '7' } } },
        { response_delete_range: { header: { revision: '7' }, deleted: '1' } },
        { response_txn: { header: { revision: '7' } } },
      ],
    });
    expect(decode(bytes, readTxnResponse)).toEqual(response);
  });

  it('reads an operand only for the target that is compared', () => {
    const bytes = encodeMessage('TxnRequest', {
      compare: [
        { target: 'MOD', key: 'a', version: '5' },
        { target: 'VALUE', key: 'b' },
        { target: 'LEASE', key: 'c', lease: '-2' },
      ],
    });
    expect(decode(bytes, (reader) => readTxnRequest(reader)).compare).toEqual([
      { key: 'a', result: 'equal', target: 'mod', operand: 0 },
      { key: 'b', result: 'equal', target: 'value', operand: Buffer.alloc(0) },
      { key: 'c', result: 'equal', target: 'lease', operand: '-2' },
    ]);
  });

  it('reads watch creates, their filters packed or not', () => {
    const create = { key: 'a', range_end: 'b', start_revision: '3', prev_kv: true, fragment: true };
    const bytes = encodeMessage('WatchRequest', {
      create_request: { ...create, watch_id: '9', filters: ['NOPUT', 'NODELETE'] },
    });
    const request = { key: 'a', rangeEnd: 'b', startRevision: 3, prevKv: true };
    expect(decode(bytes, readWatchCommand)).toEqual({
      type: 'create',
      request: { ...request, noPut: true, noDelete: true },
      watchId: 9,
      fragment: true,
    });
    const unpacked = Buffer.from([0x0a, 4, 0x28, 0, 0x28, 1]);
    expect(decode(unpacked, readWatchCommand)).toMatchObject({
      request: { key: '\0', noPut: true, noDelete: true },
    });
  });

  it('writes and reads watch responses', () => {
    const event = fc
      .tuple(keyValue, fc.option(keyValue, { nil: undefined }), fc.constantFrom('put', 'delete'))
      .map(
        ([kv, prevKv, type]) =>
          ({ type, kv, ...(prevKv === undefined ? {} : { prevKv }) }) as const,
      );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), fc.integer({ min: -1 }), (events, watchId) => {
        const bytes = encode((w) => writeWatchResponse(w, header, { watchId, events }));
        const plain = decodeMessage('WatchResponse', bytes);
        expect(plain['watch_id'] ?? '0').toBe(String(watchId));
        expect(((plain['events'] as unknown[]) ?? []).length).toBe(events.length);
        expect(decode(bytes, readWatchResponse)).toMatchObject({ revision: 7, watchId, events });
      }),
    );
  });

  it('keeps 64-bit lease IDs exact', () => {
    const id = '9223372036854775807';
    const bytes = encode((writer) => writeLeaseResponse(writer, header, { id, ttlSeconds: 5 }));
    expect(decodeMessage('LeaseGrantResponse', bytes)).toMatchObject({ ID: id, TTL: '5' });
  });
});

describe('bytes that are no message', () => {
  const read = (bytes: readonly number[]) => () =>
    decode(Buffer.from(bytes), (reader) => readTxnRequest(reader));

  it.each([
    ['a length beyond the end', [0x12, 5, 1]],
    ['an integer that does not end', [0x08, 0x80]],
    ['an integer of eleven bytes', [0x08, ...Array.from({ length: 10 }, () => 0x80), 1]],
    ['field number 0', [0x01, 1]],
    ['a group', [0x0b]],
    ['a nested message longer than its parent', [0x0a, 2, 0x1a, 9, 1, 1]],
    ['a huge length', [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('refuses %s', (_, bytes) => {
    expect(read(bytes)).toThrow(WireError);
  });

  it('skips unknown fields of every wire type', () => {
    const unknown = [0x78, 1, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 1, 0, 0x7d, 1, 2, 3, 4];
    expect(read(unknown)()).toEqual({ compare: [], success: [], failure: [] });
  });

  it('refuses transactions nested beyond any use', () => {
    let bytes: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 400; depth++) {
      const inner = bytes;
      bytes = encode((writer) => {
        writer.element(4, inner);
        writer.message(2, 0);
      });
    }
    expect(() => decode(bytes, (reader) => readTxnRequest(reader))).toThrow(WireError);
  });

  it('never does anything but decode or throw WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const reader = new WireReader(Buffer.from(bytes));
        try {
          readTxnRequest(reader);
        } catch (error) {
          if (!(error instanceof WireError)) expect(String(error)).toContain('invalid sort option');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the writer', () => {
  it('grows without losing what it wrote, and starts afresh after a large message', () => {
    const large = Buffer.alloc(300_000, 7);
    const bytes = encode((writer) => {
      writer.bytes(2, large);
      writeHeader(writer, header);
    });
    const plain = decodeMessage(
      'RangeResponse',
      Buffer.concat([encode((w) => writeHeader(w, header))]),
    );
    expect(plain).toEqual({ header: plainHeader });
    expect(bytes.length).toBeGreaterThan(300_000);
    expect(bytes.subarray(-300_000).equals(large)).toBe(true);
  });

  it('forgets a message that failed half-way', () => {
    const fail = () =>
      encode((writer) => {
        writer.int(1, 5);
        throw new Error('no');
      });
    expect(fail).toThrow('no');
    expect(encode((writer) => writer.int(1, 5))).toEqual(Buffer.from([8, 5]));
  });

  it('writes integers of every size', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        const writer = new WireWriter();
        writer.int(1, n);
        const reader = new WireReader(writer.finish());
        expect(n === 0 ? 0 : (reader.tag(), reader.int())).toBe(n);
      }),
    );
  });
});
