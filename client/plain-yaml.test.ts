import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../api/yaml.ts';
import { stringifyYaml } from '../api/yaml-text.ts';
import { plainYaml } from './plain-yaml.ts';

describe('plain YAML', () => {
  it.each([
    'a: b\nc:\n  d: e\n',
    'users:\n- name: x\n  user:\n    token: yy\n- name: z\n  user: {}\n',
    'list:\n  - a\n  - b: c\n    d: "e f"\n',
    "---\n# note\nserver: https://127.0.0.1:6443\nempty:\nnot: ''\n",
    'flag: true\nother: false\nnone: []\n',
  ])('%j is read as YAML reads it', (text) => {
    expect(plainYaml(text)).toEqual({ value: parseYaml(text) });
  });

  it.each([
    'a: 1',
    'a: yes',
    'a: |\n  text',
    'a: &x b',
    'a: {b: c}',
    'a: b # note',
    'a: "b\\n"',
    '\ta: b',
    'a: b\n  c: d',
    'a: b\na: c',
    'just words',
    'a: 2020-01-01',
    'a: 0x10',
    'a: 1e3',
    'a: .5',
    'a: b: c',
    'y: a',
  ])('%j is left to a whole reader', (text) => {
    expect(plainYaml(text)).toBeUndefined();
  });

  it('never reads a text otherwise than a whole reader', () => {
    const word = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.base64String({ maxLength: 60 }),
      fc.constantFrom('true', 'no', '1.5', '0x1', 'https://a:1', '', 'null', '~', 'a: b', '-'),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        word,
        fc.boolean(),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(word, tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.dictionary(word, value, { maxKeys: 3 }), (object) => {
        const text = stringifyYaml(object);
        const read = plainYaml(text);
        if (read !== undefined) expect(read.value).toEqual(parseYaml(text));
      }),
    );
  });
});
