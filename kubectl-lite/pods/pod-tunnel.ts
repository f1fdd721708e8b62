/**
 * Connections to a pod's ports: streams of one SPDY connection, whose halves end by themselves. It
 * goes through a WebSocket (KEP-4006), or directly with servers before Kubernetes 1.31.
 */
import type { Pod } from '../../api/types/core-v1.ts';
import { SpdySession } from '../../kubelet/spdy/session.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { WebSocketConnection } from '../../platform/net/websocket.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { podPath } from './find-pod.ts';
import type { PodConnection } from './pod-connection.ts';
import { openPodStream, openSpdy } from './pod-stream.ts';

const TUNNEL = 'SPDY/3.1+portforward.k8s.io';

export interface PodTunnel {
  connect(port: number): Promise<PodConnection>;
  /** Resolves when no connection can be made any more. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

export async function openTunnel(session: Session, pod: Pod): Promise<PodTunnel> {
  const path = podPath(pod, 'portforward');
  const query = new URLSearchParams();
  const connection = await openPodStream<ByteStream>(session, {
    path,
    query,
    protocol: TUNNEL,
    switchedOffBy: 'KUBECTL_PORT_FORWARD_WEBSOCKETS',
    overSpdy: () => openSpdy(session, { path, query, protocol: 'portforward.k8s.io' }),
    over: bytesOf,
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`error upgrading connection: ${why}`);
  });
  const spdy = new SpdySession(connection, await session.environment.rawDeflate());
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
      // The other end need not say good-bye.
      connection.destroy();
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
