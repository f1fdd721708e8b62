import { describe, expect, it } from 'vitest';
import { adapt } from './adapt.ts';
import { Environment } from './environment.ts';
import { CelCompileError } from './parser/source.ts';
import { DYN, INT, listOf, mapOf, STRING, type CelType } from './types.ts';
import {
  CelError,
  Duration,
  isList,
  isMap,
  Optional,
  Timestamp,
  Uint,
  type CelValue,
} from './values.ts';
import { formatDuration, formatTimestamp } from './libraries/time.ts';

const self: CelType = {
  kind: 'object',
  name: 'object',
  fields: () =>
    new Map<string, { type: CelType; property: string }>([
      ['name', { type: STRING, property: 'name' }],
      ['replicas', { type: INT, property: 'replicas' }],
      ['ports', { type: listOf(INT), property: 'ports' }],
      ['labels', { type: mapOf(STRING, STRING), property: 'labels' }],
      ['odd__dash__name', { type: STRING, property: 'odd-name' }],
    ]),
};
const environment = new Environment({ self, any: DYN });
const object = {
  name: 'web',
  replicas: 3,
  ports: [80, 443],
  labels: { app: 'a', tier: 'b' },
  'odd-name': 'x',
};

/** A value as plain data, so that it can be compared. */
function plain(value: CelValue): unknown {
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Optional)
    return value.value === undefined ? 'none' : { some: plain(value.value) };
  if (isList(value)) return [...value].map(plain);
  if (isMap(value))
    return Object.fromEntries(
      [...value.keys()].map((key) => [String(plain(key)), plain(value.get(key)!)]),
    );
  return value;
}

const run = (source: string, any: unknown = null): { value: unknown; cost: number } => {
  const program = environment.compile(source);
  const bindings = { self: adapt(object, self), any: adapt(any, DYN) };
  const { value, cost } = program.run(bindings, {});
  return { value: plain(value), cost };
};

const compileMessage = (source: string): string => {
  try {
    environment.compile(source);
  } catch (error) {
    if (error instanceof CelCompileError) return error.message;
    throw error;
  }
  throw new Error(`${source} compiles`);
};

describe('values of expressions', () => {
  it.each<[string, unknown]>([
    ['1 + 2 * 3', 7n],
    ['-7 / 2', -3n],
    ['-7 % 3', -1n],
    ['7u + 1u', '8u'],
    ['1.5 + 2.0', 3.5],
    ['"a" + \'b\' + r"\\n" + "\\n\\x41\\u00e9"', 'ab\\n\nAé'],
    ['"""a\n"b" """', 'a\n"b" '],
    ['0xff', 255n],
    ['-9223372036854775808', -9223372036854775808n],
    ['1 < 2 && 2.0 > 1 && 1u <= 1', true],
    ['1 == 1 && 1 != 2', true],
    ['dyn(1) == dyn(1.0)', true],
    ['true ? "y" : "n"', 'y'],
    ['false || true', true],
    ['!true || !!true', true],
    ['[1, 2] + [3]', [1n, 2n, 3n]],
    ['[1, 2, 3][1]', 2n],
    ['{"a": 1}["a"]', 1n],
    ['{"a": 1}.a', 1n],
    ['2 in [1, 2]', true],
    ['"x" in {"a": 1}', false],
    ['size("héé😀")', 4n],
    ['[1, 2].size()', 2n],
    ['"hello".startsWith("he") && "hello".endsWith("lo") && "hello".contains("ell")', true],
    ['"abc".matches("^a.c$")', true],
    ['type(1) == int && type("") == string', true],
    ['int("12") + int(3.9) + int(2u)', 17n],
    ['string(1) + string(1.5) + string(true)', '11.5true'],
    ['double("1.5")', 1.5],
    ['bool("true")', true],
    ['timestamp("2024-01-02T03:04:05.5Z").getFullYear()', 2024n],
    ['timestamp("2024-01-02T00:30:00Z").getHours("+02:00")', 2n],
    ['timestamp("2024-03-01T00:00:00Z").getDayOfYear()', 60n],
    ['timestamp("2024-03-01T00:00:00Z").getDayOfWeek()', 5n],
    ['timestamp("2024-01-01T00:00:00Z") + duration("1h30m")', '2024-01-01T01:30:00Z'],
    ['duration("90s").getMinutes()', 1n],
    ['string(duration("1.5s"))', '1.5s'],
    ['self.replicas + 1', 4n],
    ['self.ports.all(p, p > 10)', true],
    ['self.ports.exists(p, p == 443)', true],
    ['self.ports.exists_one(p, p > 100)', true],
    ['self.ports.map(p, p * 2)', [160n, 886n]],
    ['self.ports.map(p, p > 100, string(p))', ['443']],
    ['self.ports.filter(p, p < 100)', [80n]],
    ['self.labels.all(k, k.size() > 2)', true],
    ['self.labels.all(k, v, v < "c")', true],
    ['self.ports.all(i, p, p > i)', true],
    ['self.ports.transformList(i, p, i + p)', [80n, 444n]],
    ['self.labels.transformMap(k, v, k + v)', { app: 'appa', tier: 'tierb' }],
    ['self.labels.transformMapEntry(k, v, {v: k})', { a: 'app', b: 'tier' }],
    ['has(self.name) && !has(self.labels.none)', true],
    ['self.odd__dash__name', 'x'],
    ['self.?name', { some: 'web' }],
    ['self.labels[?"none"]', 'none'],
    ['self.?labels.app.orValue("z")', 'a'],
    ['optional.of(1).optMap(x, x + 1)', { some: 2n }],
    ['optional.none().hasValue()', false],
    ['[1, ?optional.none(), 2]', [1n, 2n]],
    ['{?"a": optional.of(1), ?"b": optional.none()}', { a: 1n }],
    ['"abc 123".find("[0-9]+")', '123'],
    ['"a1b22".findAll("[0-9]+")', ['1', '22']],
  ])('%s', (source, value) => {
    expect(run(source).value).toEqual(value);
  });

  it('takes JSON without a schema for what it is', () => {
    const any = { n: 1, f: 1.5, s: 'x', l: [1, 'a', null], o: { p: true } };
    expect(run('any.n + 1', any).value).toBe(2n);
    expect(run('any.f * 2.0', any).value).toBe(3);
    expect(run('any.l.exists(x, x == null) && any.o.p', any).value).toBe(true);
    expect(run('has(any.o.q)', any).value).toBe(false);
  });

  it('lets what decides win over errors', () => {
    expect(run('true || 1 / 0 == 1').value).toBe(true);
    expect(run('1 / 0 == 1 || true').value).toBe(true);
    expect(run('1 / 0 == 1 && false').value).toBe(false);
    expect(run('[0, 1].exists(x, 1 / x == 1)').value).toBe(true);
  });

  it.each([
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['0u - 1u', 'unsigned integer overflow'],
    ['[1][3]', 'index out of bounds: 3'],
    ['{"a": 1}["b"]', 'no such key: b'],
    ['any.x', 'no such key: x'],
    ['any + 1', 'no such overload: _+_'],
    ['int(self.name)', "type conversion error from 'string' to 'int'"],
    ['1 / 0 == 1 || false', 'division by zero'],
    ['optional.none().value()', 'optional.none() dereference'],
  ])('%s fails: %s', (source, message) => {
    expect(() => run(source)).toThrow(new CelError(message));
  });
});

describe('what does not compile', () => {
  const fault = (source: string): string => {
    try {
      environment.compile(source, []);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it('is told as far as anybody reads', () => {
    const lexed = fault('@'.repeat(99_000)).split('\n');
    expect(lexed.slice(99)).toEqual([
      "ERROR: <input>:1:100: Syntax error: token recognition error at: '@'",
      '1 more errors were truncated',
    ]);
    const checked = fault(`[${Array.from({ length: 9_000 }, (_, i) => `x${i}`).join()}]`);
    expect(checked.split('\n').slice(100)).toEqual(['8900 more errors were truncated']);
  });

  it('is pointed at under wide characters, too', () => {
    expect(fault('"ä" + foo')).toContain('\n | "ä" + foo\n | .\uff0e....^');
  });

  it.each([
    ['self.foo == 1', "ERROR: <input>:1:5: undefined field 'foo'\n | self.foo == 1\n | ....^"],
    ['foo', "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo\n | ^"],
    [
      'self.replicas + "a"',
      "ERROR: <input>:1:15: found no matching overload for '_+_' applied to '(int, string)'\n" +
        ' | self.replicas + "a"\n | ..............^',
    ],
    [
      'self.name.foo()',
      "ERROR: <input>:1:14: undeclared reference to 'foo' (in container '')\n" +
        ' | self.name.foo()\n | .............^',
    ],
    [
      'self.replicas.all(x, x)',
      "ERROR: <input>:1:5: expression of type 'int' cannot be range of a comprehension " +
        '(must be list, map, or dynamic)\n | self.replicas.all(x, x)\n | ....^',
    ],
    [
      'self.name.startsWith(1)',
      "ERROR: <input>:1:21: found no matching overload for 'startsWith' applied to 'string.(int)'\n" +
        ' | self.name.startsWith(1)\n | ....................^',
    ],
    [
      'self.replicas >',
      "ERROR: <input>:1:16: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', " +
        "'-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, " +
        'IDENTIFIER}\n | self.replicas >\n | ...............^',
    ],
    [
      '[1, "a"]',
      "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, \"a\"]\n | ....^",
    ],
    ['has(self)', 'ERROR: <input>:1:5: invalid argument to has() macro\n | has(self)\n | ....^'],
    [
      'self.name.matches("(")',
      'ERROR: <input>:1:19: invalid matches argument\n | self.name.matches("(")\n | ..................^',
    ],
    ['1 &', "ERROR: <input>:1:3: Syntax error: token recognition error at: '&'\n | 1 &\n | ..^"],
  ])('%s', (source, message) => {
    expect(compileMessage(source)).toBe(message);
  });

  it('is bounded in depth and length', () => {
    expect(compileMessage('('.repeat(1000) + '1' + ')'.repeat(1000))).toMatch(/recursion limit/);
    expect(compileMessage(Array(1000).fill('1').join(' + '))).toMatch(/recursion limit/);
    expect(compileMessage(`"${'a'.repeat(200_000)}"`)).toMatch(/exceeds limit/);
    expect(run(Array(5000).fill('true').join(' && ')).value).toBe(true);
  });
});

describe('costs', () => {
  it.each([
    ['1 + 2', 1],
    ['self.replicas', 2],
    ['self.replicas > 1', 3],
    ['has(self.name)', 1],
    ['self.ports.all(p, p > 10)', 2 + 2 * (3 + 2) + 1],
    ['"a" + "b"', 1],
    ['[1, 2, 3]', 0],
    ['[self.replicas]', 12],
  ])('%s costs %i', (source, cost) => {
    expect(run(source).cost).toBe(cost);
  });

  it('are limited', () => {
    const list = Array.from({ length: 2_000 }, (_, i) => i);
    expect(() => run('any.all(a, any.all(b, any.all(c, a + b + c >= 0)))', list)).toThrow(
      'operation cancelled: actual cost limit exceeded',
    );
  });

  const texts = Array.from({ length: 100_000 }, (_, i) => `t${i}`);
  const large = {
    list: texts,
    map: Object.fromEntries(texts.map((text) => [text, text])),
    text: '😀'.repeat(500_000),
  };
  it.each([
    'any.list.all(x, !(1 in any.list))',
    'any.list.all(x, any.map == any.map)',
    'any.list.all(x, [any.map] != [any.list])',
    'any.list.all(x, any.map.size() > 0)',
    'any.list.all(x, any.text.size() > 0)',
    'any.list.all(x, any.text.charAt(5) != "")',
    'any.list.all(x, "%s".format([any.map]) != "")',
  ])('count what calls walk through: %s', (source) => {
    expect(() => run(source, large)).toThrow('operation cancelled: actual cost limit exceeded');
  });

  it('let one call walk through the largest object', () => {
    const whole = 'any.map == any.map && !(1 in any.list) && any.text.size() > 0';
    expect(run(whole, large).value).toBe(true);
  });
});
