/** Local ports whose connections end in a pod. */
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { Listening } from '../../platform/net/http-server.ts';
import { command } from '../command.ts';
import { failureText } from '../failure.ts';
import { duration, list } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { namesPod, podsNamed, runningPod } from './find-pod.ts';
import {
  type ForwardedPort,
  forwardedPorts,
  type ListenAddress,
  listenAddresses,
} from './forwarded-ports.ts';
import { openTunnel, type PodTunnel } from './pod-tunnel.ts';

export const portForward = command({
  usage: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  flags: {
    address: list('Addresses to listen on: "localhost" or IP addresses'),
    'pod-running-timeout': duration('How long to wait for a running pod', { valueMs: 60_000 }),
  },
  interrupted: 0,
  async run(session, { words, flags }) {
    const [word, ...given] = words;
    if (word === undefined || given.length === 0) {
      throw new UsageError('TYPE/NAME and list of ports are required for port-forward', {
        seeHelp: true,
      });
    }
    const pod = await podOf(session, word, flags['pod-running-timeout']);
    const ports = forwardedPorts(given, pod, await serviceNamed(session, word));
    const addresses = listenAddresses(flags.address);
    const tunnel = await openTunnel(session, pod);
    const open: Listening[] = [];
    try {
      let listening = false;
      for (const port of ports) {
        if (await listen(session, { port, addresses, tunnel }, open)) listening = true;
      }
      if (!listening) {
        const shown = ports.map(({ local, remote }) => `{${local} ${remote}}`).join(' ');
        throw new UsageError(`unable to listen on any of the requested ports: [${shown}]`);
      }
      const ended = await Promise.race([aborted(session.signal), tunnel.lost.then(() => false)]);
      if (!ended) throw new UsageError('lost connection to pod');
    } finally {
      await Promise.all(open.map((listening) => listening.stop()));
      await tunnel.close();
    }
    return 0;
  },
});

/** A pod that is named has to run; one of a workload's is waited for. */
async function podOf(session: Session, word: string, limitMs: number): Promise<Pod> {
  if (!namesPod(word)) return runningPod(session, word, { limitMs, verb: 'forward to' });
  const [pod] = await podsNamed(session, word);
  const phase = pod?.status?.phase ?? '';
  if (pod !== undefined && phase === 'Running') return pod;
  throw new UsageError(
    `unable to forward port because pod is not running. Current status=${phase}`,
  );
}

async function serviceNamed(session: Session, word: string): Promise<Service | undefined> {
  const [, name] = /^(?:svc|services?)\/(.*)$/.exec(word) ?? [];
  if (name === undefined) return undefined;
  const path = `/api/v1/namespaces/${session.namespace}/services/${name}`;
  return (await session.api.send({ method: 'GET', path })) as Service;
}

interface Way {
  readonly port: ForwardedPort;
  readonly tunnel: PodTunnel;
}

/**
 * Adds to `open`; false if the port cannot be had as it was asked for, which is told. All
 * addresses share one local port.
 */
async function listen(
  session: Session,
  { addresses, ...way }: Way & { readonly addresses: readonly ListenAddress[] },
  open: Listening[],
): Promise<boolean> {
  const failed: ListenAddress[] = [];
  const failures: string[] = [];
  let { local } = way.port;
  for (const address of addresses) {
    const { host } = address;
    const shown = host.includes(':') ? `[${host}]` : host;
    try {
      const at = { host, port: local };
      const listening = await session.environment.sockets.listenTcp(at, (connection) => {
        session.print(`Handling connection for ${local}`);
        void carry(session, connection, { ...way, port: { ...way.port, local } });
      });
      local = listening.port;
      open.push(listening);
      session.print(`Forwarding from ${shown}:${local} -> ${way.port.remote}`);
    } catch (error) {
      failed.push(address);
      const where = `tcp${host.includes(':') ? 6 : 4} ${shown}:${local}`;
      failures.push(`unable to create listener: Error listen ${where}: ${bindFailure(error)}`);
    }
  }
  const alternatives = addresses.filter(({ oneOf }) => oneOf).length;
  const lost = failed.filter(({ oneOf }) => oneOf).length;
  if (failed.length === lost && (lost === 0 || lost < alternatives)) return true;
  session.complain(
    `Unable to listen on port ${local}: Listeners failed to create with the following errors: ` +
      `[${failures.join(' ')}]`,
  );
  return false;
}

const bindFailures: Readonly<Record<string, string>> = {
  EADDRINUSE: 'bind: address already in use',
  EACCES: 'bind: permission denied',
  EADDRNOTAVAIL: 'bind: cannot assign requested address',
};

function bindFailure(error: unknown): string {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return bindFailures[code] ?? message;
}

/**
 * Passes on the end of either half; with the pod's the connection is over. A failure in the pod
 * ends all connections, as in kubectl.
 */
async function carry(session: Session, local: ByteStream, { port, tunnel }: Way): Promise<void> {
  try {
    const { data, failure } = await tunnel.connect(port.remote);
    const upwards = pour(local, data).catch(() => data.destroy());
    await pour(data, local).catch(() => {});
    local.destroy();
    data.destroy();
    await upwards;
    const text = await failure;
    if (text === '') return;
    session.complain(
      `error: an error occurred forwarding ${port.local} -> ${port.remote}: ${text}`,
    );
    await tunnel.close();
  } catch (error) {
    session.complain(failureText(error));
    local.destroy();
  }
}

async function pour({ incoming }: ByteStream, to: ByteStream): Promise<void> {
  for await (const chunk of incoming) await to.write(chunk);
  await to.end();
}

/** Resolves to true. */
function aborted(signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(true);
    else signal.addEventListener('abort', () => resolve(true), { once: true });
  });
}
