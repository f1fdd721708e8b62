import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from './yaml.ts';
import { byGoOrder, stringifyYaml } from './yaml-text.ts';

const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');

/** More of these, beside kubectl itself, in test/conformance/kubectl-lite/yaml.test.ts. */
describe('stringifyYaml', () => {
  it('prints as kubectl does', () => {
    const object = {
      spec: { list: [{ b: 1, a: 'yes' }, [1, [2]], 'x'], empty: {}, none: [], left: undefined },
      kind: 'X',
      time: '2020-01-01',
    };
    expect(stringifyYaml(object)).toBe(
      'kind: X\nspec:\n  empty: {}\n  list:\n  - a: "yes"\n    b: 1\n  - - 1\n    - - 2\n' +
        '  - x\n  none: []\ntime: "2020-01-01"\n',
    );
    expect(stringifyYaml([{ a: 1 }, 2])).toBe('- a: 1\n- 2\n');
    expect(stringifyYaml(null)).toBe('null\n');
  });

  it.each([
    ['', '""'],
    ['a: b', "'a: b'"],
    ["it's", "it's"],
    ["'", "''''"],
    ['no', '"no"'],
    ['1_000', '"1_000"'],
    ['80:80', '80:80'],
    ['1:30', '"1:30"'],
    ['2024-13-01', '2024-13-01'],
    ['2024-02-29', '"2024-02-29"'],
    ['2023-02-29', '2023-02-29'],
    ['2024-01-01T00:00:00Z', '"2024-01-01T00:00:00Z"'],
    ['1e400', '1e400'],
    ['1e3', '"1e3"'],
    ['a\tb', '"a\\tb"'],
    ['a\u{1F600}', '"a\\U0001F600"'],
    ['a\nb', '|-\n  a\n  b'],
    ['a\n\n', '|+\n  a\n'],
    [' a\n', '|2\n   a'],
    ['a \nb', '"a \\nb"'],
    [words(20), `${words(16)}\n  ${words(4)}`],
    [`${words(20)}:`, `'${words(16)}\n  ${words(4)}:'`],
    [`${words(20)}\t`, `"${words(16)}\n  ${words(4)}\\t"`],
    ['x'.repeat(100), 'x'.repeat(100)],
  ])('prints %j as %s', (text, shown) => {
    expect(stringifyYaml({ a: text })).toBe(`a: ${shown}\n`);
  });

  it('asks with "?" for the value of a long key', () => {
    const key = 'k'.repeat(129);
    expect(stringifyYaml({ [key]: { a: 1 } })).toBe(`? ${key}\n: a: 1\n`);
    expect(stringifyYaml({ 'a\nb': [1] })).toBe('? |-\n  a\n  b\n: - 1\n');
  });

  it('is read back to the same value', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(' ', '\n', 'a', '-', ':', '#', "'", '"', '\t', '1') }),
      fc
        .array(fc.constantFrom('word', "it's:", '  ', 'tab\t', '"'), { maxLength: 60 })
        .map((all) => all.join(' ')),
    );
    // Kubernetes has no keys of several lines.
    const key = text.map((given) => given.replaceAll(/[\n\r\u0085\u2028\u2029]/g, ''));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.constantFrom(null, true, 0, -1.5, 1e21),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as unknown;
        expect(parseYaml(stringifyYaml(json))).toEqual(json);
      }),
    );
  });
});

describe('the order of keys', () => {
  it('counts', () => {
    const keys = ['b', 'a', 'a10', 'a2', 'a-b', 'ab', 'A', '10', '2', '01', 'a1', 'a01'];
    expect(keys.sort(byGoOrder)).toEqual([
      '01',
      '2',
      '10',
      'A',
      'a',
      'a-b',
      'a1',
      'a01',
      'a2',
      'a10',
      'ab',
      'b',
    ]);
  });
});
