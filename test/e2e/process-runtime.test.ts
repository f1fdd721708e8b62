/** Containers that are real processes, with stock kubectl. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  run,
  succeed,
  temporaryFolder,
  TestCluster,
  tool,
  wherryMain,
} from './harness.ts';

const kubectl = tool('kubectl');
const up = ['--runtime', 'process', '--nodes', '1'];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;
const background = new Set<ChildProcess>();

beforeAll(async () => {
  if (kubectl === undefined) return;
  folder = await temporaryFolder();
  cluster = await TestCluster.up(join(folder.path, 'data'), up);
  await k('apply', '-f', 'examples/processes.yaml');
  await k('rollout', 'status', 'deployment/web', '--timeout=60s');
}, 120_000);
afterAll(async () => {
  for (const child of background) child.kill('SIGKILL');
  await cluster?.stop();
  await folder?.remove();
});

const k = (...args: string[]): Promise<string> => succeed(kubectl!, args, { env: cluster.env });

/** Of the pod that runs now. */
async function pod(): Promise<{ name: string; restarts: number; ready: boolean }> {
  const { items } = JSON.parse(await k('get', 'pods', '-l', 'app=web', '-o', 'json')) as {
    items: {
      metadata: { name: string };
      status: { containerStatuses: { restartCount: number; ready: boolean }[] };
    }[];
  };
  const [status] = items[0]!.status.containerStatuses;
  return { name: items[0]!.metadata.name, restarts: status!.restartCount, ready: status!.ready };
}

/** A kubectl that goes on; its output so far. */
function start(...args: string[]): { child: ChildProcess; output: () => string } {
  const env = { ...process.env, ...cluster.env };
  const child = spawn(kubectl!, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  background.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { child, output: () => output };
}

/** Processes that containers of this cluster are, or have started. */
function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(
          `WHERRY_CONTAINER=${cluster.dataDir}/`,
        );
      } catch {
        return false;
      }
    });
}

describe.skipIf(kubectl === undefined)('a Deployment of processes', () => {
  it('runs on a node that says so', async () => {
    const path = '{.status.nodeInfo.containerRuntimeVersion}';
    expect(await k('get', 'node', 'node1', '-o', `jsonpath=${path}`)).toMatch(/^process:\/\//);
    expect(processes().length).toBeGreaterThan(0);
  });

  it('is debugged by a process of its own', async () => {
    const { name } = await pod();
    await k('debug', name, '-c', 'look', '--image=x', '--', 'sh', '-c', 'echo seen; exit 4');
    const path = '{.status.ephemeralContainerStatuses[0].state.terminated.exitCode}';
    await k('wait', `pod/${name}`, `--for=jsonpath=${path}=4`, '--timeout=60s');
    expect(await k('logs', name, '-c', 'look')).toBe('seen\n');
    expect(await pod()).toMatchObject({ name, restarts: 0, ready: true });
  });

  it('answers through port-forward, and its log is followed', async () => {
    const { name } = await pod();
    const logs = start('logs', '-f', 'deployment/web');
    const forward = start('port-forward', 'deployment/web', ':8080');
    const port = await eventually(
      'a forwarded port',
      async () => /127\.0\.0\.1:(\d+) ->/.exec(forward.output())?.[1],
    );
    const answer = await fetch(`http://127.0.0.1:${port}/visit`);
    expect(await answer.text()).toBe(`hello from ${name}\n`);
    await eventually('the line of the visit', async () => logs.output().includes('GET /visit'));
    expect(logs.output()).toMatch(/^listening$/m);
    forward.child.kill();
    logs.child.kill();
  }, 60_000);

  it('lets commands run beside it, with their codes and terminals', async () => {
    const script = 'echo "$HOSTNAME"; echo bad >&2; exit 7';
    const args = ['exec', 'deployment/web', '--', 'sh', '-c', script];
    const result = await run(kubectl!, args, { env: cluster.env });
    expect([result.code, result.stdout]).toEqual([7, `${(await pod()).name}\n`]);
    expect(result.stderr).toContain('bad\n');
    const typed = await run(kubectl!, ['exec', '-i', 'deployment/web', '--', 'cat'], {
      env: cluster.env,
      input: 'typed\n',
    });
    expect(typed.stdout).toBe('typed\n');
    if (tool('script') === undefined) return;
    const inside = `${kubectl} exec -it deployment/web -- sh -c 'tty; exit 3'`;
    const terminal = await run('script', ['-qec', inside, '/dev/null'], { env: cluster.env });
    expect([terminal.code, terminal.stdout]).toEqual([3, expect.stringMatching(/\/dev\/pts\/\d+/)]);
  }, 60_000);

  it('is copied to and from', async () => {
    const { name } = await pod();
    const here = join(folder.path, 'here.txt');
    const back = join(folder.path, 'back.txt');
    await writeFile(here, 'carried\n');
    await k('cp', here, `${name}:there.txt`);
    expect(await k('exec', name, '--', 'cat', 'there.txt')).toBe('carried\n');
    await k('cp', `${name}:there.txt`, back);
    expect(await readFile(back, 'utf8')).toBe('carried\n');
  }, 60_000);

  it('is started again when its liveness probe fails', async () => {
    const { name, restarts } = await pod();
    await k('exec', name, '--', 'touch', 'broken');
    await eventually('a restart', async () => {
      const now = await pod();
      return now.name === name && now.restarts > restarts && now.ready;
    });
    expect(await k('logs', name, '--previous')).toContain('listening');
    const events = await k('get', 'events', '-o', 'jsonpath={.items[*].message}');
    expect(events).toContain('Liveness probe failed: HTTP probe failed with statuscode: 500');
    expect(events).toContain('Container server failed liveness probe, will be restarted');
  }, 60_000);

  it('is taken over by the next agent after a kill', async () => {
    const before = processes();
    const { restarts } = await pod();
    await cluster.killEverything();
    expect(processes()).toEqual(before);
    cluster = await TestCluster.up(cluster.dataDir, up);
    await eventually('the pod to be ready', async () => (await pod()).ready);
    expect(processes()).toEqual(before);
    expect((await pod()).restarts).toBe(restarts);
    await k('exec', 'deployment/web', '--', 'true');
    expect(await k('logs', 'deployment/web')).toContain('listening');
  }, 90_000);

  it('is gone after wherry down', async () => {
    expect(processes().length).toBeGreaterThan(0);
    await succeed(process.execPath, [wherryMain, 'down', '--data-dir', cluster.dataDir]);
    expect(processes()).toEqual([]);
  }, 60_000);
});
