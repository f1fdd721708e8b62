/**
 * The files in examples/deploy, run as far as that goes without Docker: the services of the
 * docker-compose file as processes of this machine, in the order of their dependencies, with ports of
 * their own in place of hosts; systemd's own judgement of the unit, and its command.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  kubectlLiteMain,
  run,
  succeed,
  temporaryFolder,
  tool,
  wherryMain,
} from '../e2e/harness.ts';
import { freePorts } from '../e2e/store-cluster.ts';

interface Service {
  readonly command: string;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const children: ChildProcess[] = [];
const outputs = new Map<string, string>();

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => {
  await Promise.all(children.reverse().map(ended));
  await folder.remove();
});

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

describe('the docker-compose file', () => {
  const { services } = load(readFileSync('examples/deploy/docker-compose.yaml', 'utf8')) as {
    services: Record<string, Service>;
  };
  const stores = ['store1', 'store2', 'store3'];
  const servers = ['apiserver1', 'apiserver2'];
  const ports = new Map<string, number>();
  const pki = (): string => join(folder.path, 'pki');

  /** What the network of containers and their volumes do, done to the text. */
  function words(name: string, text: string): string[] {
    let command = text.trim();
    for (const store of stores)
      for (const port of [2379, 2380])
        command = command.replaceAll(`${store}:${port}`, `127.0.0.1:${ports.get(store + port)}`);
    command = command
      .replace(/0\.0\.0\.0:(23\d\d)/g, (_, port) => `127.0.0.1:${ports.get(name + port)}`)
      .replaceAll('/data/', `${folder.path}/${name}/`)
      .replaceAll('/pki', pki());
    if (servers.includes(name)) command += ` --secure-port ${ports.get(name)}`;
    return command.split(/\s+/);
  }

  function start(name: string): void {
    const child = spawn(process.execPath, [wherryMain, ...words(name, services[name]!.command)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream
        .setEncoding('utf8')
        .on('data', (text: string) => outputs.set(name, (outputs.get(name) ?? '') + text));
    child.once('exit', (code) => outputs.set(name, `${outputs.get(name)}\nexited with ${code}`));
  }

  async function healthy(name: string): Promise<void> {
    const [kind, program, ...args] = services[name]!.healthcheck!.test;
    expect([kind, program]).toEqual(['CMD', 'kubectl-lite']);
    const command = args.map((word) => word.replace('/pki', pki()));
    await eventually(
      `${name}: ${outputs.get(name)}`,
      () => succeed(process.execPath, [kubectlLiteMain, ...command]),
      60_000,
    );
  }

  const lite = (...args: string[]): Promise<string> =>
    succeed(process.execPath, [
      ...[kubectlLiteMain, ...args, '--kubeconfig', join(pki(), 'admin.kubeconfig')],
    ]);

  it('starts a cluster of three store members and two API servers', async () => {
    const free = await freePorts(8);
    for (const store of stores)
      for (const port of [2379, 2380]) ports.set(store + port, free.pop()!);
    for (const server of servers) ports.set(server, free.pop()!);
    const waiting = new Set(Object.keys(services));
    while (waiting.size > 0) {
      const next = [...waiting].filter((name) =>
        Object.keys(services[name]!.depends_on ?? {}).every((other) => !waiting.has(other)),
      );
      expect(next).not.toEqual([]);
      for (const name of next) start(name);
      for (const name of next) {
        if (services[name]!.healthcheck !== undefined) await healthy(name);
        waiting.delete(name);
      }
    }
    await eventually('three nodes', async () => {
      return (await lite('get', 'nodes', '-o', 'name')).trim().split('\n').length === 3;
    });
    await lite('wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s');
    await lite('create', 'deployment', 'web', '--image=nginx', '--replicas=3');
    await lite('rollout', 'status', 'deployment/web', '--timeout=60s');
  }, 180_000);

  it('whose second API server serves the same, with the same certificates', async () => {
    const server = `https://127.0.0.1:${ports.get('apiserver2')}`;
    await eventually('the second one', async () => {
      const shown = await lite('get', 'deployment', 'web', '--server', server, '-o', 'name');
      return shown.trim() === 'deployment.apps/web';
    });
  }, 60_000);

  it('and which publishes ports on which something listens', () => {
    for (const name of servers) {
      const [published = ''] = services[name]!.ports!;
      expect(published).toMatch(/^\d+:6443$/);
      // The default of --secure-port and --bind-address; see the reference.
      expect(services[name]!.command).not.toMatch(/--secure-port|--bind-address/);
    }
  });
});

describe("systemd's unit", () => {
  const path = 'examples/deploy/wherry.service';
  const text = readFileSync(path, 'utf8');
  const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)![1]!;

  it.skipIf(tool('systemd-analyze') === undefined)('is one to systemd', async () => {
    // The user is made by the commands in the file, not here.
    const copy = join(folder.path, 'wherry.service');
    writeFileSync(copy, text.replace(/^User=.*$/m, 'User=root'));
    const { code, stdout, stderr } = await run('systemd-analyze', ['verify', copy]);
    expect({ code, about: `${stdout}${stderr}`.match(/.*wherry.*/g) }).toEqual({
      code: 0,
      about: null,
    });
  });

  it('starts a cluster that ends at SIGTERM as the unit says', async () => {
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'wherry'), `#!/bin/sh\nexec ${process.execPath} ${wherryMain} "$@"\n`);
    chmodSync(join(bin, 'wherry'), 0o755);
    const [variable = '', value = ''] = setting('Environment').split('=');
    const [program = '', ...args] = setting('ExecStart').split(' ');
    const child = spawn(program, args, {
      env: {
        ...{ PATH: `${bin}:${process.env['PATH']}`, HOME: folder.path },
        ...{ [variable]: join(folder.path, value), WHERRY_PORT: '0', WHERRY_STORE_PORT: '0' },
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (output += piece));
    await eventually('it to be ready', () => Promise.resolve(output.includes('Ready in ')), 60_000);
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(output).toContain('Stopped.');
  }, 120_000);
});
