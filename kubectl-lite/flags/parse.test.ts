import { describe, expect, it } from 'vitest';
import { array, boolean, duration, integer, list, text } from './flag.ts';
import { goDurationText } from '../../platform/go-duration.ts';
import { parseLine } from './parse.ts';

const declared = {
  output: text('format', { shorthand: 'o' }),
  watch: boolean('watch', { shorthand: 'w' }),
  'all-namespaces': boolean('all', { shorthand: 'A' }),
  wait: boolean('wait', { on: true }),
  cascade: text('how', { value: 'background', alone: 'background' }),
  replicas: integer('count'),
  timeout: duration('how long', { valueMs: 1000 }),
  filename: list('files', { shorthand: 'f' }),
  env: array('variables', { shorthand: 'e' }),
};
const parse = (...line: string[]) => parseLine(declared, line);

describe('a command line', () => {
  it('mixes words and flags, which keep their defaults when they are not given', () => {
    const { words, flags, given } = parse('pods', '-o', 'wide', 'web');
    expect(words).toEqual(['pods', 'web']);
    expect(flags).toMatchObject({ output: 'wide', watch: false, wait: true, timeout: 1000 });
    expect([...given]).toEqual(['output']);
  });

  it('takes values in every way pflag does', () => {
    expect(parse('-oyaml').flags.output).toBe('yaml');
    expect(parse('-o=yaml').flags.output).toBe('yaml');
    expect(parse('--output=yaml').flags.output).toBe('yaml');
    expect(parse('-Awojson').flags).toMatchObject({
      'all-namespaces': true,
      watch: true,
      output: 'json',
    });
    expect(parse('-w=false', '--wait=0').flags).toMatchObject({ watch: false, wait: false });
    expect(parse('-f', 'a,b', '--filename=c').flags.filename).toEqual(['a', 'b', 'c']);
    expect(parse('-e', 'a=1,2', '--env', 'b').flags.env).toEqual(['a=1,2', 'b']);
    expect(parse('--timeout', '1m30s').flags.timeout).toBe(90_000);
    expect(parse('--replicas=-1').flags.replicas).toBe(-1);
  });

  it('never takes the next word for a flag that may stand alone', () => {
    expect(parse('--cascade', 'orphan')).toMatchObject({
      words: ['orphan'],
      flags: { cascade: 'background' },
    });
    expect(parse('--wait', 'false').words).toEqual(['false']);
  });

  it('leaves what comes after -- alone', () => {
    expect(parse('web', '--', 'ls', '-o')).toMatchObject({
      words: ['web', 'ls', '-o'],
      wordsBeforeDash: 1,
    });
    expect(parse('-').words).toEqual(['-']);
  });

  it.each([
    [['--foo'], 'unknown flag: --foo'],
    [['--foo=3'], 'unknown flag: --foo'],
    [['--toString'], 'unknown flag: --toString'],
    [['-wz'], "unknown shorthand flag: 'z' in -wz"],
    [['--output'], 'flag needs an argument: --output'],
    [['-o'], "flag needs an argument: 'o' in -o"],
    [['---x'], 'bad flag syntax: ---x'],
    [
      ['--watch=maybe'],
      'invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": ' +
        'invalid syntax',
    ],
    [
      ['--replicas', 'x'],
      'invalid argument "x" for "--replicas" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      ['--timeout=5'],
      'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"',
    ],
  ])('refuses %j', (line, message) => {
    expect(() => parse(...line)).toThrow(message);
  });
});

describe('durations', () => {
  it.each([
    [90_000, '1m30s'],
    [3_600_000, '1h0m0s'],
    [5000, '5s'],
    [500, '500ms'],
    [0, '0s'],
  ])('print %d ms as %s', (ms, shown) => expect(goDurationText(ms)).toBe(shown));
});
