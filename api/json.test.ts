import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setField } from './deep.ts';
import { MalformedJson, parseJson } from './json.ts';

/** JSON.parse rounds long integers. */
function inNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) setField(holder, key, inNumbers(holder[key]));
  return value;
}

describe('parseJson', () => {
  it('agrees with JSON.parse on every text, and fails with its own error', () => {
    const texts = fc.oneof(
      fc.json(),
      fc.string(),
      fc.stringMatching(/^[[\]{}",:0-9a-e.+\\ntru-]{0,12}$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let expected: unknown;
        let failed = false;
        try {
          expected = JSON.parse(text);
        } catch {
          failed = true;
        }
        if (failed) {
          expect(() => parseJson(text)).toThrow(MalformedJson);
          expect(() => parseJson(text)).not.toThrow('invalid JSON');
        } else expect(inNumbers(parseJson(text, { duplicates: true }).value)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds keys given twice, by path', () => {
    const text = '{"a":1,"b":[{"c":1},{"c":1,"d":2,"c":3}],"a":{"x":1,"\\u0078":2},"e":{"a":1}}';
    expect(parseJson(text, { duplicates: true }).duplicates).toEqual(['b[1].c', 'a', 'a.x']);
    expect(parseJson(text).duplicates).toEqual([]);
  });

  it.each([
    ['', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['{"a":b}', "invalid character 'b' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['"a\n"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['01', "invalid character '1' after top-level value"],
  ])('%j: %s', (text, message) => {
    expect(() => parseJson(text)).toThrow(new MalformedJson(message));
  });
});

describe('duplicates of a valid text', () => {
  it('are none in what JSON.stringify wrote, whatever the strings hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseJson(JSON.stringify(value), { duplicates: true }).duplicates).toEqual([]);
      }),
    );
  });

  it('are found behind strings of quotes and backslashes', () => {
    const tricky = fc.stringMatching(/^[\\"{}:,a]*$/);
    fc.assert(
      fc.property(tricky, tricky, (key, text) => {
        const [name, string] = [JSON.stringify(key), JSON.stringify(text)];
        const twice = `{"x":{${name}:${string}, ${name} :[${string}]}}`;
        expect(parseJson(twice, { duplicates: true }).duplicates).toEqual([`x.${key}`]);
      }),
    );
  });
});
