/**
 * Local ports whose connections end in a pod: each is a WebSocket of its own with the kubelet's
 * subprotocol v4.channel.k8s.io (channel 0 data, channel 1 the error; the first message of each
 * names the port). It knows no half-closed connections.
 */
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type { Listening } from '../../platform/http-server.ts';
import type { WebSocketConnection } from '../../platform/websocket.ts';
import type { TcpConnection } from '../../platform/local-sockets.ts';
import { command } from '../command.ts';
import { failureText } from '../failure.ts';
import { duration, list } from '../flags/flag.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { podPath, runningPod } from './find-pod.ts';
import { openWebSocket } from './remote-command.ts';

const protocols = ['v4.channel.k8s.io'];
const DATA = 0;
const ERROR = 1;

export const portForward = command({
  usage: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  flags: {
    address: list('Addresses to listen on: "localhost" or IP addresses'),
    'pod-running-timeout': duration('How long to wait for a running pod', { valueMs: 60_000 }),
  },
  async run(session, { words, flags }) {
    const [word, ...given] = words;
    if (word === undefined || given.length === 0) {
      throw new UsageError('TYPE/NAME and list of ports are required for port-forward', {
        seeHelp: true,
      });
    }
    const pod = await runningPod(session, word, {
      limitMs: flags['pod-running-timeout'],
      verb: 'forward to',
    });
    const ports = await portsOf(session, { word, pod, given });
    const hosts = flags.address.length === 0 ? ['localhost'] : flags.address;
    const open: Listening[] = [];
    try {
      for (const port of ports) open.push(...(await listen(session, { pod, port, hosts })));
      await aborted(session.signal);
    } finally {
      await Promise.all(open.map((listening) => listening.stop()));
    }
    return 0;
  },
});

interface ForwardedPort {
  readonly local: number;
  readonly remote: number;
}

async function portsOf(
  session: Session,
  { word, pod, given }: { word: string; pod: Pod; given: readonly string[] },
): Promise<readonly ForwardedPort[]> {
  const service = /^(svc|services?)\//.test(word)
    ? ((await session.api.send({
        method: 'GET',
        path: `/api/v1/namespaces/${session.namespace}/services/${word.split('/')[1]}`,
      })) as Service)
    : undefined;
  return given.map((text) => {
    const parts = text.split(':');
    const wanted = parts.at(-1)!;
    if (parts.length > 2) throw new UsageError(`invalid port format '${text}'`);
    const remote = service === undefined ? podPort(pod, wanted) : servicePort(service, pod, wanted);
    const local = parts.length === 1 ? Number(wanted) || remote : Number(parts[0] || '0');
    if (!isPort(local) && local !== 0)
      throw new UsageError(`error parsing local port '${parts[0]}'`);
    return { local, remote };
  });
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;

function podPort(pod: Pod, wanted: string): number {
  if (isPort(Number(wanted))) return Number(wanted);
  for (const { ports = [] } of pod.spec.containers) {
    const found = ports.find(({ name }) => name === wanted);
    if (found !== undefined) return found.containerPort;
  }
  throw new UsageError(`Pod '${pod.metadata.name}' does not have a named port '${wanted}'`);
}

function servicePort(service: Service, pod: Pod, wanted: string): number {
  const found = (service.spec.ports ?? []).find(
    ({ name, port }) => name === wanted || String(port) === wanted,
  );
  if (found === undefined) {
    throw new UsageError(`Service ${service.metadata.name} does not have a service port ${wanted}`);
  }
  return podPort(pod, String(found.targetPort ?? found.port));
}

interface ListenRequest {
  readonly pod: Pod;
  readonly port: ForwardedPort;
  readonly hosts: readonly string[];
}

/** "localhost" is both loopback addresses; it is enough that one of them can be had. */
async function listen(session: Session, { pod, port, hosts }: ListenRequest): Promise<Listening[]> {
  const open: Listening[] = [];
  let local = port.local;
  for (const host of hosts) {
    const addresses = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
    let failure: unknown;
    let count = 0;
    for (const address of addresses) {
      try {
        const at = { host: address, port: local };
        const listening = await session.environment.sockets.listenTcp(at, (connection) => {
          session.print(`Handling connection for ${local}`);
          void forward(session, { pod, port, connection });
        });
        local = listening.port;
        open.push(listening);
        count++;
        const shown = address.includes(':') ? `[${address}]` : address;
        session.print(`Forwarding from ${shown}:${local} -> ${port.remote}`);
      } catch (error) {
        failure = error;
      }
    }
    if (count > 0) continue;
    await Promise.all(open.map((listening) => listening.stop()));
    throw new UsageError(
      `unable to listen on port ${port.local}: ${failure instanceof Error ? failure.message : ''}`,
    );
  }
  return open;
}

interface Forwarding {
  readonly pod: Pod;
  readonly port: ForwardedPort;
  readonly connection: TcpConnection;
}

async function forward(session: Session, { pod, port, connection }: Forwarding): Promise<void> {
  try {
    const query = new URLSearchParams({ ports: String(port.remote) });
    const path = podPath(pod, 'portforward');
    const socket = await openWebSocket(session, path, { query, protocols });
    const upwards = sendAll(socket, connection);
    const greeted = new Set<number>();
    for await (const message of socket.messages) {
      const channel = message[0]!;
      // The first message of each channel says which port it is about.
      if (!greeted.has(channel)) greeted.add(channel);
      else if (channel === DATA) await connection.send(message.subarray(1));
      else if (channel === ERROR) {
        session.complain(
          `error: an error occurred forwarding ${port.local} -> ${port.remote}: ` +
            Buffer.from(message.subarray(1)).toString(),
        );
        break;
      }
    }
    connection.close();
    socket.close();
    await upwards;
  } catch (error) {
    session.complain(failureText(error));
    connection.close();
  }
}

/** Ends with the local connection, however it ends. */
async function sendAll(socket: WebSocketConnection, { received }: TcpConnection): Promise<void> {
  try {
    for await (const chunk of received) {
      await socket.send(Buffer.concat([Buffer.from([DATA]), chunk]));
    }
  } catch {
    // It was broken off: the pod's side is closed with it.
  }
  socket.close();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
