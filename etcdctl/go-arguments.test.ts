import { Command } from 'commander';
import { expect, it } from 'vitest';
import { takeGoArguments } from './go-arguments.ts';

/** What a command line comes to: the command and what it was given. */
function parsed(...args: string[]): unknown {
  let found: unknown;
  const program = new Command('ctl').exitOverride().configureOutput({ writeErr() {} });
  program.option('--hex').option('--name <name>');
  const add = (parent: Command, name: string): Command =>
    parent
      .command(`${name} [words...]`)
      .exitOverride()
      .configureOutput({ writeErr() {} })
      .option('--prefix')
      .option('--far <n>')
      .action((words: string[], options: object) => {
        found = [name, words, { ...program.opts(), ...options }];
      });
  for (const name of ['compaction', 'completion', 'get']) add(program, name);
  const member = program.command('member').exitOverride();
  for (const name of ['add', 'list']) add(member, name);
  takeGoArguments(program);
  program.parse(args, { from: 'user' });
  return found;
}

it.each<[string, string, unknown]>([
  ['a command', 'get a b', ['get', ['a', 'b'], {}]],
  ['the beginning of one', 'g a', ['get', ['a'], {}]],
  ['as much as tells it from others', 'compact 4', ['compaction', ['4'], {}]],
  ['beginnings of both words', 'mem l', ['list', [], {}]],
  ['words of the user as they are', 'get m l', ['get', ['m', 'l'], {}]],
  [
    'booleans with a value',
    '--hex=true get --prefix=true',
    ['get', [], { hex: true, prefix: true }],
  ],
  ['booleans that say no', 'get a --prefix=false --hex=false', ['get', ['a'], {}]],
  ["a command's flag before it", '--name x --far=1 get a', ['get', ['a'], { name: 'x', far: '1' }]],
  [
    'its value in the next word',
    '--far 1 --hex member l b',
    ['list', ['b'], { hex: true, far: '1' }],
  ],
  ['flags that have values', '--name=true get', ['get', [], { name: 'true' }]],
  ['no flags behind --', 'get -- --hex=true', ['get', ['--hex=true'], {}]],
])('takes %s', (_, line, outcome) => {
  expect(parsed(...line.split(' '))).toEqual(outcome);
});

it('does not guess between two', () => {
  expect(() => parsed('comp')).toThrow(/unknown command 'comp'/);
});
