import { describe, expect, it } from 'vitest';
import { Environment } from '../environment.ts';
import { CostLimitExceeded } from '../evaluation.ts';
import { DYN } from '../types.ts';
import { adapt } from '../adapt.ts';

const environment = new Environment({ text: DYN, many: DYN });
// Texts that do not repeat: each place in them is a state of its own.
let seed = 1;
function letter(): string {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
  return seed & 0x10000 ? 'a' : 'b';
}
const letters = (length: number): string => Array.from({ length }, letter).join('');
const text = 'a'.repeat(3 << 20);
const many = Array.from({ length: 5_000 }, (_, i) => letters(300 + (i % 7)));

const run = (source: string, values: { text?: unknown; many?: unknown } = { text, many }) =>
  environment
    .compile(source)
    .run(
      { text: adapt(values.text ?? '', DYN), many: adapt(values.many ?? [], DYN) },
      { cost: 1e9 },
    ).value;

describe('regular expressions', () => {
  it.each([
    ['a large repetition', 'text.matches("a{1000}$")'],
    ['a class of many ranges, repeated', 'text.matches("[\\\\pL-]{900,1000}$")'],
    ['more states than there is room for', 'many.all(t, t.matches("(a|b)*a(a|b){20}$") || true)'],
    ['what is found in a long text', 'text.find("(a+)+$") != ""'],
    ['what is looked for again from each place', 'size(text.findAll("a(.*b)?")) > 0'],
    ['patterns made in a loop', 'many.all(t, !"a".matches("a{500}" + t))'],
    [
      'times in other zones',
      'many.all(t, (timestamp(0) + duration(string(size(t)) + "s"))' +
        '.getHours("America/New_York") >= 0 && many.all(u, timestamp(0).getHours() >= 0))',
    ],
  ])('are ended when they take too long: %s', (_, source) => {
    expect(() => run(source)).toThrow(CostLimitExceeded);
  });

  it('that would be too large are none', () => {
    const pattern = 'a{1000}'.repeat(11);
    expect(() => run(`"a".matches("${pattern}" + "")`)).toThrow('expression too large');
    expect(() => environment.compile(`"a".matches("${pattern}")`)).toThrow(
      'invalid matches argument',
    );
  });

  it('of everyday size take whatever comes', () => {
    expect(run('text.matches("^(a+)+$")')).toBe(true);
    expect(run('text.matches("[bc]$")')).toBe(false);
    const label = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
    const names = Array.from({ length: 10_000 }, (_, i) => `some-name-${i}.example.com`);
    const all = `many.all(name, name.matches('^${label}(\\\\.${label})*$'))`;
    expect(run(all, { many: names })).toBe(true);
    expect(run('size(text.findAll("[a-z]+"))', { text: 'some words '.repeat(500) })).toBe(1000n);
    expect(run('text.find("(b|c)+")', { text: 'aabcba' })).toBe('bcb');
    expect(run('"abc".findAll("x*", 2) == ["", ""] && "abc".findAll("b", 0) == []')).toBe(true);
  });
});
