import { describe, expect, it } from 'vitest';
import { MalformedYaml, parseLenientYaml, parseYaml, parseYamlDocuments } from './yaml.ts';

describe('parseYaml', () => {
  it.each([
    ['yes', true],
    ['off', false],
    ['On', true],
    ['n', false],
    ['~', null],
    ['0755', 493],
    ['0o17', 15],
    ['0x1F', 31],
    ['1_000', 1000],
    ['-7', -7],
    ['1.50', 1.5],
    ['.5', 0.5],
    ['1.', 1],
    ['1e+3', 1000],
    ['1e3', '1e3'],
    ['80:80', '80:80'],
    ['12:30:45', '12:30:45'],
    ['2020-01-01', '2020-01-01'],
    ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
    ['100m', '100m'],
    ['1.2.3', '1.2.3'],
    ['08', 8],
    ['"yes"', 'yes'],
    ['.inf', '.inf'],
  ])('reads %s as %j', (text, value) => {
    expect(parseYaml(`a: ${text}`)).toEqual({ a: value });
  });

  it('reads anchors, merge keys and folded texts', () => {
    const text = 'base: &b {x: 1}\nuse:\n  <<: *b\n  z: 2\ntext: >\n  a\n  b\n';
    expect(parseYaml(text)).toEqual({ base: { x: 1 }, use: { x: 1, z: 2 }, text: 'a b\n' });
  });

  it.each([
    ['a: 1\nb:\n\t- c\n', 'yaml: line 3: found a tab character that violates indentation'],
    ['a: 1\nb: 2\na: 3\n', 'yaml: line 3: key "a" already set in map'],
    ['a: b: c\n', 'yaml: line 1: bad indentation of a mapping entry'],
    ['a: *x\n', 'yaml: line 1: unidentified alias "x"'],
    ['a: !!binary aGk=\n', 'yaml: line 1: unknown scalar tag !<tag:yaml.org,2002:binary>'],
  ])('refuses %j', (text, message) => {
    expect(() => parseYaml(text)).toThrow(MalformedYaml);
    expect(() => parseYaml(text)).toThrow(message);
  });

  it('reads JSON indented with tabs', () => {
    expect(parseYaml('{\n\t"a": "yes"\n}')).toEqual({ a: 'yes' });
  });

  it('is quick to refuse aliases of aliases, and takes many of one', () => {
    const rows = [...'bcdefghijklmnop'].map((name, i) => {
      const ten = Array(10).fill(`*${'abcdefghijklmnop'[i]}`).join(', ');
      return `${name}: &${name} [${ten}]`;
    });
    const bomb = ['a: &a [x, x]', ...rows].join('\n');
    expect(() => parseYaml(bomb)).toThrow('document contains excessive aliasing');
    expect(() => parseLenientYaml(bomb)).toThrow('document contains excessive aliasing');
    const shared = `a: &a [x, x]\nb: [${Array(90).fill('*a').join(', ')}]`;
    expect((parseYaml(shared) as { b: unknown[] }).b).toHaveLength(90);
  });

  it('bounds what aliases can blow up to', () => {
    const bomb = `a: &a [1]\nb: [${'*a,'.repeat(2000)}]\n`;
    expect(() => parseYaml(bomb)).toThrow(MalformedYaml);
  });
});

describe('parseYamlDocuments', () => {
  it('gives each document the line where its content begins', () => {
    const text = '# head\n---\n# web\n\na: 1\n---\n---\nb: 2\n--- {c: 3}\n';
    expect(parseYamlDocuments(text)).toEqual([
      { line: 5, value: { a: 1 } },
      { line: 8, value: { b: 2 } },
      { line: 9, value: { c: 3 } },
    ]);
  });

  it('reads the others when one is broken, and counts lines over the whole file', () => {
    expect(parseYamlDocuments('a: 1\n---\nb:\n\tc: 2\n---\nd: 3\n')).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 3, error: 'yaml: line 4: found a tab character that violates indentation' },
      { line: 6, value: { d: 3 } },
    ]);
  });

  it('finds nothing in nothing', () => {
    expect(parseYamlDocuments('')).toEqual([]);
    expect(parseYamlDocuments('---\n# only a comment\n---\n')).toEqual([]);
  });
});

it.each([
  ['sequences', '[', ']'],
  ['mappings', '{"a":', '}'],
])('takes a thousand %s in one another, in JSON too, and no more', (_what, open, close) => {
  const nested = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
  expect(() => parseYaml(nested(900))).not.toThrow();
  for (const depth of [1_100, 100_000]) {
    const [parsed] = parseYamlDocuments(nested(depth));
    expect(parsed).toMatchObject({ error: expect.stringContaining('nesting exceeded') as string });
  }
});
