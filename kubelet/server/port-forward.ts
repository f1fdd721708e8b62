/** `/portForward` and `/dial`: connections to a pod's ports. */
import type { HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import { splice } from '../../platform/bytes/splice.ts';
import { ServerWebSocket } from '../../platform/net/websocket-server.ts';
import { ServerError } from './answers.ts';
import type { CommandServing } from './command.ts';
import { type ForwardTarget, portOf } from './forward.ts';
import { forwardOverSpdy, FORWARD_SPDY_PROTOCOL } from './forward-spdy.ts';
import {
  forwardOverWebSocket,
  forwardWebSocketProtocols,
  tunnelOver,
  TUNNEL_PROTOCOL,
} from './forward-websocket.ts';
import { agree } from './upgrade.ts';

/** Of one WebSocket. */
const MAX_PORTS = 100;

const spoken = {
  webSocket: [TUNNEL_PROTOCOL, ...forwardWebSocketProtocols],
  spdy: [FORWARD_SPDY_PROTOCOL],
  spdyDefault: FORWARD_SPDY_PROTOCOL,
};

export function servePortForward(
  request: HttpRequest,
  { conversations, clock, deflate, sha1 }: CommandServing,
  target: ForwardTarget,
): HttpResponse {
  const { over, protocol, headers } = agree(request, spoken, sha1);
  const isTunnel = over === 'spdy' || protocol === TUNNEL_PROTOCOL;
  const ports = isTunnel ? [] : portsOf(request.query);
  const upgrade = conversations.taking(request.signal, (connection, signal) => {
    const forwarding = { target, deflate, clock, signal };
    if (over === 'spdy') return forwardOverSpdy(connection, forwarding);
    const socket = new ServerWebSocket(connection);
    if (isTunnel) return forwardOverSpdy(tunnelOver(socket, connection), forwarding);
    return forwardOverWebSocket(socket, { target, ports, protocol, signal });
  });
  return { status: 101, headers, upgrade };
}

function portsOf(query: URLSearchParams): number[] {
  const asked = [...query.getAll('port'), ...query.getAll('ports')].flatMap((text) =>
    text.split(','),
  );
  if (asked.length === 0) throw new ServerError(400, 'query parameter "port" is required');
  if (asked.length > MAX_PORTS) throw new ServerError(400, `more than ${MAX_PORTS} ports`);
  return asked.map((text) => {
    const port = portOf(text);
    if (port === undefined)
      throw new ServerError(400, `unable to parse ${JSON.stringify(text)} as a port`);
    return port;
  });
}

/** The name of our own way to one port: the connection is the pod's, as it is. */
const DIAL_PROTOCOL = 'wherry-dial';

/** The API server's proxies speak HTTP to pods over this. */
export async function serveDial(
  request: HttpRequest,
  { conversations }: CommandServing,
  target: ForwardTarget,
): Promise<HttpResponse> {
  const port = portOf(request.query.get('port'));
  if (port === undefined) throw new ServerError(400, 'query parameter "port" is required');
  if (request.headers['upgrade'] !== DIAL_PROTOCOL)
    throw new ServerError(400, `unable to upgrade: only to ${DIAL_PROTOCOL}`);
  let dialled;
  try {
    dialled = await target.dial(port, request.signal);
  } catch (error) {
    throw new ServerError(502, error instanceof Error ? error.message : String(error));
  }
  const pod = dialled;
  request.signal.addEventListener('abort', () => pod.destroy(), { once: true });
  const upgrade = conversations.taking(request.signal, async (connection, signal) => {
    signal.addEventListener('abort', () => pod.destroy(), { once: true });
    await splice(connection, pod);
  });
  return { status: 101, headers: { connection: 'Upgrade', upgrade: DIAL_PROTOCOL }, upgrade };
}
