/**
 * The connections of exec, attach and port-forward: a WebSocket, else an upgrade to SPDY/3.1. As
 * kubectl does, whatever the refusal was: servers and proxies may know no WebSockets, and they ask
 * for the right to `get` where the older way asks for that to `create`.
 */
import { isObject } from '../../api/deep.ts';
import { StatusError, type Status } from '../../api/status.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import { HandshakeRefusedError, type HandshakeRequest } from '../../platform/net/handshake.ts';
import type { WebSocketConnection } from '../../platform/net/websocket.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface PodRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** What is spoken on the connection. */
  readonly protocol: string;
}

interface Ways<T> extends PodRequest {
  /** kubectl's variable: "false" leaves the WebSocket out. */
  readonly switchedOffBy: string;
  readonly over: (socket: WebSocketConnection) => T;
  readonly overSpdy: () => Promise<T>;
}

/** Rejects with the server's refusal of the last way that was tried. */
export async function openPodStream<T>(session: Session, ways: Ways<T>): Promise<T> {
  const { connectWebSocket, variables } = session.environment;
  if (variables[ways.switchedOffBy]?.toLowerCase() === 'false') return ways.overSpdy();
  try {
    const protocols = [ways.protocol];
    return ways.over(await connectWebSocket({ ...handshake(session, ways), protocols }));
  } catch (error) {
    if (error instanceof HandshakeRefusedError) return ways.overSpdy();
    throw error;
  }
}

/** Rejects with the server's Status, or what else it said. */
export async function openSpdy(session: Session, request: PodRequest): Promise<ByteStream> {
  const { headers, ...rest } = handshake(session, request);
  const asked = { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': request.protocol };
  try {
    return await session.environment.connectUpgrade({ ...rest, headers: { ...headers, ...asked } });
  } catch (error) {
    if (error instanceof HandshakeRefusedError) throw refusal(error);
    throw error;
  }
}

function handshake(session: Session, { path, query }: PodRequest): HandshakeRequest {
  const { baseUrl, token, ...tls } = session.target;
  return {
    ...tls,
    url: `${baseUrl.replace(/\/$/, '')}${path}?${query.toString()}`,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...session.headers,
    },
  };
}

function refusal({ status, body }: HandshakeRefusedError): Error {
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value) && value['kind'] === 'Status')
      return new StatusError(value as unknown as Status);
  } catch {
    // A proxy's page, or nothing.
  }
  const text = body.trim().split('\n')[0] ?? '';
  const told = text === '' ? `the server answered ${status}` : text;
  return new UsageError(`unable to upgrade connection: ${told}`);
}
