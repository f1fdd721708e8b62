/** `check perf` of etcdctl and of ours: a minute of load each, and the tool's own verdict. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { withBench } from '../children.ts';
import { folder, rows, say } from '../suite.ts';
import { etcd, Members, ours, type Contender } from './members.ts';

const stock = { name: 'etcdctl', command: ['etcdctl'] };
const own = {
  name: 'wherry etcdctl',
  command: [ours.command[0]!, ours.command[1]!, 'etcdctl'],
};

/** Standard output, whatever the exit code. */
function output(command: readonly string[], args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const check = spawn(command[0]!, [...command.slice(1), ...args], {
      env: { ...process.env, ETCDCTL_API: '3' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const child = withBench(check);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.once('error', reject).once('close', () => resolve(text));
  });
}

/** The tool's sentences, without its progress bar. */
function verdict(said: string): string {
  const sentences = said.match(/(PASS|FAIL|Slowest|Stddev)[^\r\n]*/g);
  if (sentences === null) throw new Error(`check perf says no verdict: ${said}`);
  return sentences.join('; ');
}

async function check(
  contender: Contender,
  { tool, load, members }: { tool: typeof own; load: string; members: number },
): Promise<string> {
  say(`${tool.name} check perf --load ${load}, ${members} members of ${contender.name}`);
  const path = join(folder, `check-${contender.name}-${tool.name}-${load}-${members}`);
  const cluster = await Members.start(contender, members, path);
  const args = ['--endpoints', cluster.endpoints.join(), 'check', 'perf', '--load', load];
  try {
    return verdict(await output(tool.command, args));
  } finally {
    await cluster.stop();
  }
}

export async function benchCheckPerf(): Promise<void> {
  const peer = etcd();
  for (const members of [1, 3])
    for (const load of ['s', 'm'])
      for (const tool of peer === undefined ? [own] : [stock, own]) {
        const how = { tool, load, members };
        rows.push({
          work: `\`${tool.name} check perf --load ${load}\`, ${members} members`,
          ours: await check(ours, how),
          ...(peer !== undefined && { peer: await check(peer, how), peerName: peer.name }),
          goal: 'PASS',
        });
      }
}
