import { expect, it } from 'vitest';
import { configSchema } from './config-file.ts';
import { isGiven, upCommand } from './up-flags.ts';

const names = Object.keys(configSchema.properties);

it('leaves to the file of --config whatever nobody gave', () => {
  const command = upCommand().action(() => {});
  command.parse([], { from: 'user' });
  expect(names.filter((name) => isGiven(command, name))).toEqual([]);
});

it('knows what was given', () => {
  const command = upCommand().action(() => {});
  command.parse(['--nodes', '3', '--store-members', '1', '--separate'], { from: 'user' });
  expect(names.filter((name) => isGiven(command, name))).toEqual([
    'nodes',
    'separate',
    'storeMembers',
  ]);
});

it('takes no data directory without a name', () => {
  const command = upCommand()
    .exitOverride()
    .configureOutput({ writeErr() {} });
  expect(() => command.parse(['--data-dir', ''], { from: 'user' })).toThrow('must name a folder');
});
