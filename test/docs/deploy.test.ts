/** The files in examples/deploy say what the programs understand. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { apiserverFlags } from '../../apiserver/options/flags.ts';
import { upCommand } from '../../cluster/up-flags.ts';
import { controllersFlags } from '../../controllers/flags.ts';
import { kubeletFlags } from '../../kubelet/flags.ts';
import { schedulerFlags } from '../../scheduler/flags.ts';
import { storeFlags } from '../../store/options/flags.ts';

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

interface Service {
  readonly command: string;
  readonly volumes?: readonly string[];
  readonly depends_on?: object;
  readonly network_mode?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: object;
}

describe('examples/deploy', () => {
  const compose = load(readFileSync('examples/deploy/docker-compose.yaml', 'utf8')) as Compose;
  const { services } = compose;

  it.each(Object.entries(services))('%s is a command line of ours', (_name, { command }) => {
    expect(() => parse(command.trim().split(/\s+/))).not.toThrow();
  });

  it('says what docker compose reads, and names only what is there', () => {
    const { volumes = {}, ...others } = compose;
    expect(Object.keys(others).sort()).toEqual(['services', 'x-wherry']);
    const names = Object.keys(services);
    const known = [
      ...['<<', 'build', 'command', 'depends_on', 'healthcheck', 'network_mode', 'ports'],
      ...['restart', 'volumes'],
    ];
    for (const service of Object.values(services)) {
      expect(Object.keys(service).filter((key) => !known.includes(key))).toEqual([]);
      expect(names).toEqual(expect.arrayContaining(Object.keys(service.depends_on ?? {})));
      const mounted = (service.volumes ?? []).map((mount) => mount.split(':')[0]!);
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(mounted));
      const shares = service.network_mode?.replace(/^service:/, '');
      if (shares !== undefined) expect(names).toContain(shares);
    }
  });

  it('has instructions of Docker in its Dockerfile, and nothing else', () => {
    const lines = readFileSync('examples/deploy/Dockerfile', 'utf8').trimEnd().split('\n');
    const instructions = lines.filter((line) => !line.startsWith('#'));
    for (const line of instructions)
      expect(line).toMatch(/^(FROM|RUN|USER|VOLUME|ENTRYPOINT|CMD) \S/);
    expect(instructions[0]).toMatch(/^FROM node:\d+-slim$/);
    const form = /^(?:ENTRYPOINT|CMD) (.*)$/gm;
    for (const [, words] of instructions.join('\n').matchAll(form))
      expect(JSON.parse(words!)).toEqual(expect.arrayContaining([expect.any(String)]));
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
