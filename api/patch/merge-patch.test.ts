import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepCopy, deepFreeze } from '../deep.ts';
import { isStatus, StatusError } from '../status.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';

describe('applyMergePatch', () => {
  // The examples of RFC 7386, appendix A.
  it.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j + %j = %j', (document, patch, expected) => {
    expect(applyMergePatch(deepFreeze(document), deepFreeze(patch))).toEqual(expected);
  });

  it('shares nothing with what it was given, and cannot pollute', () => {
    const document = { a: { b: [1] } };
    const result = applyMergePatch(document, {}) as typeof document;
    expect(result.a.b).not.toBe(document.a.b);
    const evil = JSON.parse('{"__proto__":{"polluted":1}}') as unknown;
    expect(JSON.stringify(applyMergePatch({}, evil))).toBe('{"__proto__":{"polluted":1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (document, patch) => {
        const once = applyMergePatch(document, patch);
        expect(applyMergePatch(once, patch)).toEqual(once);
      }),
    );
  });
});

describe('applyJsonPatch', () => {
  const document = deepFreeze({ a: { b: 1 }, list: ['x', 'y'], 'k/e~y': 2 });

  it.each<[string, object[], unknown]>([
    ['add', [{ op: 'add', path: '/a/c', value: 2 }], { a: { b: 1, c: 2 } }],
    ['add to a list', [{ op: 'add', path: '/list/-', value: 'z' }], { list: ['x', 'y', 'z'] }],
    ['insert', [{ op: 'add', path: '/list/0', value: 'z' }], { list: ['z', 'x', 'y'] }],
    ['remove', [{ op: 'remove', path: '/k~1e~0y' }], { 'k/e~y': undefined }],
    ['replace', [{ op: 'replace', path: '/a', value: null }], { a: null }],
    ['move', [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
    ['copy', [{ op: 'copy', from: '/a', path: '/c' }], { c: { b: 1 } }],
    ['test', [{ op: 'test', path: '/list', value: ['x', 'y'] }], {}],
  ])('%s', (_name, patch, change) => {
    const expected: Record<string, unknown> = { ...deepCopy(document), ...(change as object) };
    expect(applyJsonPatch(document, patch)).toEqual(expected);
  });

  it('replaces the whole document', () => {
    expect(applyJsonPatch(document, [{ op: 'replace', path: '', value: { z: 1 } }])).toEqual({
      z: 1,
    });
  });

  function failure(patch: unknown): StatusError {
    try {
      applyJsonPatch(document, patch);
    } catch (error) {
      if (error instanceof StatusError) return error;
    }
    throw new Error('it applied');
  }

  it('answers 422 when a test fails or a path is missing', () => {
    const test = failure([{ op: 'test', path: '/a/b', value: 2 }]);
    expect(isStatus(test, 'Invalid')).toBe(true);
    expect(test.message).toBe('the server rejected our request due to an error in our request');
    expect(test.status.details?.causes?.[0]?.message).toBe(
      'testing value /a/b failed: test failed',
    );
    const missing = failure([{ op: 'remove', path: '/nope/x' }]);
    expect(missing.code).toBe(422);
    expect(missing.status.details?.causes?.[0]?.message).toContain('missing path: "/nope/x"');
  });

  it('answers 400 to what is no patch', () => {
    expect(failure({}).message).toBe(
      'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    );
    for (const patch of [
      ['x'],
      [{ op: 'jump', path: '/a' }],
      [{ op: 'add', path: 'a', value: 1 }],
      [{ op: 'add', path: '/a' }],
      [{ op: 'copy', path: '/a' }],
    ]) {
      expect(failure(patch).code, JSON.stringify(patch)).toBe(400);
    }
  });

  it('bounds operations and copies', () => {
    const many = new Array(10_001).fill({ op: 'test', path: '/a/b', value: 1 });
    const error = failure(many);
    expect(error.code).toBe(413);
    expect(error.message).toBe(
      'The allowed maximum operations in a JSON patch is 10000, got 10001',
    );
    const doubling = new Array(40).fill({ op: 'copy', from: '/list', path: '/list/-' });
    expect(failure(doubling).code).toBe(413);
  });
});
