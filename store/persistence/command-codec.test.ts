import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steps } from '../../test/model/mvcc-commands.ts';
import type { Command } from '../mvcc/command.ts';
import { decodeRecord, encodeRecord } from '../mvcc/record.ts';
import { decodeCommand, encodeCommand, requestIdOf } from './command-codec.ts';

/** What a flag leaves out says the same as false. */
function meaning(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(meaning);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => each !== false && !(name === 'lease' && each === '0'))
      .map(([name, each]) => [name, meaning(each)]),
  );
}

describe('the command codec', () => {
  it('gives back every command and its request ID', () => {
    fc.assert(
      fc.property(steps, fc.maxSafeNat(), (script, id) => {
        for (const step of script) {
          if (step.do !== 'apply') continue;
          const entry = encodeCommand(step.command, id);
          expect(requestIdOf(entry)).toBe(id);
          expect(meaning(decodeCommand(entry))).toEqual(meaning(step.command));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps all bytes of keys and values, and 63-bit lease IDs', () => {
    const key = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    const value = Buffer.from(key, 'latin1');
    const request = { key, value, lease: '9223372036854775807' };
    const decoded = decodeCommand(encodeCommand({ type: 'put', request }, 1));
    expect(decoded).toEqual({ type: 'put', request });
    const revoke: Command = { type: 'leaseRevoke', id: '9223372036854775807' };
    expect(decodeCommand(encodeCommand(revoke, 1))).toEqual(revoke);
  });

  it('refuses a format it does not know, and an entry cut short', () => {
    const entry = encodeCommand({ type: 'put', request: { key: 'k', value: Buffer.from('v') } }, 1);
    expect(() => decodeCommand(Buffer.concat([Buffer.from([9]), entry.subarray(1)]))).toThrow(
      'command format 9 is known',
    );
    expect(() => decodeCommand(entry.subarray(0, -1))).toThrow('is complete');
  });
});

describe('the record codec', () => {
  it('gives back every pair', () => {
    const pair = fc.record({
      key: fc.string({ unit: 'binary-ascii', minLength: 1 }),
      value: fc.uint8Array(),
      createRevision: fc.maxSafeNat(),
      version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      lease: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
    });
    fc.assert(
      fc.property(pair, (kv) => {
        const stored = { ...kv, modRevision: 7 };
        expect(meaning(decodeRecord(encodeRecord(stored), 7))).toEqual(meaning(stored));
      }),
    );
  });
});
