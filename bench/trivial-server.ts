/**
 * A server that is fair by its making: whoever lists or writes is a flood, of which it answers one
 * request per turn, and computes as long for it as Wherry does; others it answers at once. What
 * its clients feel beyond such a turn is the machine's doing and their own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { withBench } from './children.ts';

/** About what Wherry's main thread computes for one of a flood's requests. */
const TURN_MS = 0.4;
const ANSWER = JSON.stringify({ payload: 'x'.repeat(768) });

const answer = (response: ServerResponse): void =>
  void response.writeHead(200, { 'content-length': ANSWER.length }).end(ANSWER);

/** Runs in the process of its own, until that is killed. Serves under a cluster's certificate. */
export async function serveTrivially(dataDir: string): Promise<void> {
  const pem = (name: string): Buffer => readFileSync(join(dataDir, 'pki', name));
  const line: ServerResponse[] = [];
  const turn = (): void => {
    const end = performance.now() + TURN_MS;
    while (performance.now() < end);
    answer(line.shift()!);
    if (line.length > 0) setImmediate(turn);
  };
  const server = createServer(
    { cert: pem('apiserver.crt'), key: pem('apiserver.key'), noDelay: true },
    (request, response) => {
      request.resume();
      const ofFlood = request.method === 'POST' || request.url!.includes('?');
      if (!ofFlood) answer(response);
      else if (line.push(response) === 1) setImmediate(turn);
    },
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  process.send!((server.address() as AddressInfo).port);
  await new Promise(() => {});
}

export interface TrivialServer {
  /** The same users' kubeconfigs, for this server. */
  kubeconfig(path: string): string;
  stop(): Promise<void>;
}

export async function startTrivial(cluster: {
  readonly dataDir: string;
  readonly server: string;
}): Promise<TrivialServer> {
  const child: ChildProcess = withBench(fork(process.argv[1]!, ['trivial', cluster.dataDir]));
  const [port] = (await once(child, 'message')) as [number];
  return {
    kubeconfig: (path) => {
      const own = `${path}-trivial`;
      const text = readFileSync(path, 'utf8');
      writeFileSync(own, text.replaceAll(cluster.server, `https://127.0.0.1:${port}`));
      return own;
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}
