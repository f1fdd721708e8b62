import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepCopy, deepFreeze } from '../deep.ts';
import {
  applyJsonPatch,
  JsonPatchFailure,
  JsonPatchTestFailure,
  MalformedJsonPatch,
} from './json-patch.ts';
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

  function failure(patch: unknown): string {
    try {
      applyJsonPatch(document, patch);
    } catch (error) {
      if (error instanceof JsonPatchFailure || error instanceof MalformedJsonPatch)
        return error.message;
      throw error;
    }
    return 'it applied';
  }

  // What evanphx/json-patch 4.12 says.
  it.each<[object | null, string]>([
    [{ op: 'test', path: '/a/b', value: 2 }, 'testing value /a/b failed: test failed'],
    [
      { op: 'test', path: '/nope/x', value: 2 },
      'test operation does not apply: is missing path: /nope/x: missing value',
    ],
    [
      { op: 'test', path: '/list/7', value: 2 },
      "error in test for path: '/list/7': Unable to access invalid index: 7: " +
        'invalid index referenced',
    ],
    [
      { op: 'remove', path: '/nope/x' },
      'remove operation does not apply: doc is missing path: "/nope/x": missing value',
    ],
    [
      { op: 'remove', path: '/nope' },
      "error in remove for path: '/nope': Unable to remove nonexistent key: nope: missing value",
    ],
    [
      { op: 'add', path: '', value: {} },
      'add operation does not apply: doc is missing path: "": missing value',
    ],
    [
      { op: 'add', path: '/list/x', value: 1 },
      "error in add for path: '/list/x': value was not a proper array index: 'x': " +
        'strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      { op: 'replace', path: '/list/2', value: 1 },
      'replace operation does not apply: doc is missing key: /list/2: missing value',
    ],
    [
      { op: 'move', from: '/nope', path: '/a' },
      "error in move for path: 'nope': Unable to remove nonexistent key: nope: missing value",
    ],
    [
      { op: 'copy', from: '/nope/x', path: '/a' },
      'copy operation does not apply: doc is missing from path: /nope/x: missing value',
    ],
    [
      { op: 'copy', path: '/a' },
      'copy operation failed to decode from: operation, missing from field: missing value',
    ],
    [{ op: 'add', value: 1 }, 'add operation failed to decode path: missing value'],
    [{ op: 'jump', path: '/a' }, 'Unexpected kind: jump'],
    [null, 'Unexpected kind: unknown'],
  ])('refuses %j', (operation, why) => {
    expect(failure([operation])).toBe(why);
  });

  it('tells a failed test from what cannot be done', () => {
    const test = [{ op: 'test', path: '/a/b', value: 2 }];
    expect(() => applyJsonPatch(document, test)).toThrow(JsonPatchTestFailure);
  });

  // What the RFC forbids and Kubernetes does.
  it.each<[object, unknown]>([
    [{ op: 'add', path: '/c' }, { c: null }],
    [{ op: 'add', path: 'ignored/c', value: 1 }, { c: 1 }],
    [{ op: 'replace', path: '/c', value: 1 }, { c: 1 }],
    [{ op: 'replace', path: '', value: 5 }, {}],
    [{ op: 'copy', from: '/nope', path: '/c' }, { c: null }],
    [{ op: 'add', path: '/list/-1', value: 'z' }, { list: ['x', 'y', 'z'] }],
    [{ op: 'remove', path: '/list/-1' }, { list: ['x'] }],
    [{ op: 'test', path: '/nope', value: null }, {}],
  ])('takes %j', (operation, change) => {
    expect(applyJsonPatch(document, [operation])).toEqual({ ...document, ...(change as object) });
  });

  it('cannot pollute', () => {
    const patch = [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }];
    expect(JSON.stringify(applyJsonPatch({}, patch))).toBe('{"__proto__":{"polluted":1}}');
    expect(failure([{ op: 'add', path: '/constructor/prototype/x', value: 1 }])).toContain(
      'missing path',
    );
  });

  it('says what is no patch, and takes null for an empty one', () => {
    expect(failure({})).toBe('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
    expect(failure(['x'])).toBe(
      'json: cannot unmarshal string into Go value of type jsonpatch.Operation',
    );
    expect(applyJsonPatch(document, null)).toEqual(document);
  });

  it('bounds copies', () => {
    const doubling = new Array(40).fill({ op: 'copy', from: '/list', path: '/list/-' });
    expect(failure(doubling)).toContain('exceeding the limit 3145728');
  });
});
