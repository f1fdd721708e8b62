/** Which server gets a client, and which loses those it has. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { silentLogger } from '../../logger.ts';
import { startTcpBalancer, type TcpBalancer } from './tcp-balancer.ts';

type Answer = boolean | 'none';

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Tells every client its name. */
async function startServer(name: string): Promise<Server> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client.on('error', () => {}));
    client.write(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  return server;
}

/** Two servers, "a" and "b", and what they answer to checks. */
async function balanced() {
  const clock = new FakeClock();
  const answers: Record<string, Answer> = { a: true, b: true };
  const names = new Map<number, string>();
  const backends = [];
  for (const name of Object.keys(answers)) {
    const { port } = (await startServer(name)).address() as AddressInfo;
    names.set(port, name);
    backends.push({ host: '127.0.0.1', port });
  }
  const balancer: TcpBalancer = await startTcpBalancer({
    ...{ host: '127.0.0.1', port: 0, backends, clock, logger: silentLogger },
    healthy: ({ port }, signal) => {
      const answer = answers[names.get(port)!]!;
      if (answer !== 'none') return Promise.resolve(answer);
      return new Promise((_, reject) => signal.addEventListener('abort', reject, { once: true }));
    },
  });
  closing.push(() => balancer.stop());
  return { clock, answers, balancer };
}

/** A client's connection, with the name of the server that it got. */
async function join({ port }: TcpBalancer) {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  closing.push(() => void socket.destroy());
  const gone = once(socket, 'close');
  const [name] = (await once(socket, 'data')) as [Buffer];
  return { name: name.toString(), socket, gone };
}

async function joinAll(balancer: TcpBalancer, count: number) {
  const all = [];
  for (let i = 0; i < count; i++) all.push(await join(balancer));
  return all;
}

const namesOf = (all: readonly { name: string }[]): string => all.map(({ name }) => name).join('');

it('gives clients to the servers in turn', async () => {
  const { balancer } = await balanced();
  expect(namesOf(await joinAll(balancer, 4))).toBe('abab');
});

it('gives a server that says that it is not ready no clients, and takes those it has', async () => {
  const { balancer, clock, answers } = await balanced();
  const [first, second] = await joinAll(balancer, 2);
  answers['a'] = false;
  await clock.advance(2_000);
  expect(namesOf(await joinAll(balancer, 2))).toBe('ab');
  await clock.advance(1_000);
  await first!.gone;
  expect(second!.socket.destroyed).toBe(false);
  expect(namesOf(await joinAll(balancer, 2))).toBe('bb');
  answers['a'] = true;
  await clock.advance(1_000);
  expect(
    namesOf(await joinAll(balancer, 2))
      .split('')
      .sort()
      .join(''),
  ).toBe('ab');
});

it('leaves a server that answers late its clients, and gives it no more', async () => {
  const { balancer, clock, answers } = await balanced();
  const [first] = await joinAll(balancer, 2);
  answers['a'] = 'none';
  await clock.advance(10_000);
  expect(namesOf(await joinAll(balancer, 2))).toBe('bb');
  expect(first!.socket.destroyed).toBe(false);
  // Silent for as long as this, it is taken for dead.
  await clock.advance(1_000);
  await first!.gone;
});

it('takes no clients from anybody while no server is ready', async () => {
  const { balancer, clock, answers } = await balanced();
  const all = await joinAll(balancer, 2);
  Object.assign(answers, { a: false, b: false });
  await clock.advance(60_000);
  expect(all.map(({ socket }) => socket.destroyed)).toEqual([false, false]);
  expect(
    namesOf(await joinAll(balancer, 2))
      .split('')
      .sort()
      .join(''),
  ).toBe('ab');
});
