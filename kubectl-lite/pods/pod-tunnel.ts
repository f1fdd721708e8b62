/**
 * Connections to a pod's ports. One WebSocket carries all of them as streams of SPDY (KEP-4006),
 * whose halves end by themselves; servers before Kubernetes 1.31 know v4.channel.k8s.io only, in
 * which each connection is a WebSocket that ends as a whole.
 */
import type { Pod } from '../../api/types/core-v1.ts';
import { SpdySession } from '../../kubelet/spdy/session.ts';
import type { ByteStream } from '../../platform/byte-stream.ts';
import type { WebSocketConnection } from '../../platform/websocket.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { podPath } from './find-pod.ts';
import type { PodConnection } from './pod-connection.ts';
import { openWebSocket } from './remote-command.ts';
import { channelStream } from './channel-stream.ts';

const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const CHANNELS = 'v4.channel.k8s.io';

export interface PodTunnel {
  connect(port: number): Promise<PodConnection>;
  /** Resolves when no connection can be made any more. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

/** `port`: one that will be asked for; older servers want to know. */
export async function openTunnel(session: Session, pod: Pod, port: number): Promise<PodTunnel> {
  const open = (protocol: string, of?: number): Promise<WebSocketConnection> => {
    const query = new URLSearchParams(of === undefined ? {} : { ports: String(of) });
    return openWebSocket(session, podPath(pod, 'portforward'), { query, protocols: [protocol] });
  };
  // Whatever the reason is, the older way meets it again.
  const tunnel = await open(TUNNEL).catch(() => undefined);
  if (tunnel !== undefined) return spdyTunnel(session, tunnel);
  try {
    (await open(CHANNELS, port)).close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`error upgrading connection: ${why}`);
  }
  return {
    connect: async (of) => channelStream(await open(CHANNELS, of)),
    lost: new Promise(() => {}),
    close: () => Promise.resolve(),
  };
}

async function spdyTunnel(session: Session, socket: WebSocketConnection): Promise<PodTunnel> {
  const spdy = new SpdySession(bytesOf(socket), await session.environment.rawDeflate());
  const lost = spdy.run().catch(() => {});
  let requests = 0;
  return {
    async connect(port) {
      const headers = (type: string) =>
        new Map([
          ['streamtype', [type]],
          ['port', [String(port)]],
          ['requestid', [String(id)]],
        ]);
      const id = requests++;
      const errors = await spdy.open(headers('error'));
      // Nothing is told that way.
      await errors.end();
      const data = await spdy.open(headers('data'));
      return { data, failure: textOf(errors) };
    },
    lost,
    async close() {
      await spdy.close();
      await lost;
    },
  };
}

function bytesOf(socket: WebSocketConnection): ByteStream {
  return {
    incoming: socket.messages,
    write: (bytes) => socket.send(bytes),
    end: () => Promise.resolve(socket.close()),
    destroy: () => socket.close(),
  };
}

async function textOf({ incoming }: ByteStream): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of incoming) parts.push(part);
  } catch {
    // The tunnel broke: that is told by itself.
  }
  return Buffer.concat(parts).toString();
}
