/** The files in examples/deploy say what the programs understand. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { apiserverFlags } from '../../apiserver/flags.ts';
import { upCommand } from '../../cluster/up-flags.ts';
import { controllersFlags } from '../../controllers/flags.ts';
import { kubeletFlags } from '../../kubelet/flags.ts';
import { schedulerFlags } from '../../scheduler/flags.ts';
import { storeFlags } from '../../store/flags.ts';

const commands: Readonly<Record<string, () => Command>> = {
  up: upCommand,
  store: storeFlags,
  apiserver: apiserverFlags,
  controllers: controllersFlags,
  scheduler: schedulerFlags,
  kubelet: kubeletFlags,
};

function parse(words: readonly string[]): Command {
  const [name = '', ...args] = words;
  const command = commands[name]!();
  return command
    .exitOverride()
    .action(() => {})
    .parse(args, { from: 'user' });
}

interface Compose {
  readonly services: Readonly<
    Record<string, { command: string; volumes?: string[]; depends_on?: object }>
  >;
}

describe('examples/deploy', () => {
  const { services } = load(readFileSync('examples/deploy/docker-compose.yaml', 'utf8')) as Compose;

  it.each(Object.entries(services))('%s is a command line of ours', (_name, { command }) => {
    expect(() => parse(command.trim().split(/\s+/))).not.toThrow();
  });

  it('names the same three members everywhere', () => {
    const clusters = Object.values(services).flatMap(({ command }) =>
      [...command.matchAll(/--initial-cluster (\S+)/g)].map(([, members]) => members),
    );
    expect(clusters).toHaveLength(3);
    expect(new Set(clusters).size).toBe(1);
    for (const name of ['store1', 'store2', 'store3'])
      expect(services[name]!.command).toContain(`--name ${name} `);
  });

  it('the image runs a command of ours', () => {
    const text = readFileSync('examples/deploy/Dockerfile', 'utf8');
    const words = JSON.parse(/^CMD (.*)$/m.exec(text)![1]!) as string[];
    expect(parse(words).opts()).toMatchObject({ dataDir: '/data' });
  });
});
