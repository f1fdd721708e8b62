import type { Headers, HttpRequest } from '../../platform/net/http.ts';
import {
  acceptance,
  isWebSocketRequest,
  offeredProtocols,
} from '../../platform/net/websocket-server.ts';
import { ServerError } from './answers.ts';

/** How a client wants to be talked to, and what it is to be told with the 101. */
export interface Agreed {
  readonly over: 'websocket' | 'spdy';
  readonly protocol: string;
  readonly headers: Headers;
}

export interface Spoken {
  readonly webSocket: readonly string[];
  readonly spdy: readonly string[];
  /** If the client names none over SPDY. */
  readonly spdyDefault: string;
}

const SPDY = 'SPDY/3.1';

/** The client's first choice among what is spoken here; throws {@link ServerError}. */
export function agree(
  { headers }: HttpRequest,
  spoken: Spoken,
  sha1: (bytes: Uint8Array) => Uint8Array,
): Agreed {
  if (isWebSocketRequest(headers)) {
    const offered = offeredProtocols(headers);
    const choices = offered.length === 0 ? [''] : offered;
    const protocol = choices.find((each) => spoken.webSocket.includes(each));
    if (protocol === undefined) {
      const shown = spoken.webSocket.filter((each) => each !== '').join(', ');
      throw new ServerError(403, `unable to upgrade: none of the subprotocols is known: ${shown}`);
    }
    const answer = acceptance(headers, protocol, sha1);
    if (answer === undefined) throw new ServerError(400, 'unable to upgrade: not a handshake');
    return { over: 'websocket', protocol, headers: answer };
  }
  if (headers['upgrade']?.toLowerCase() !== SPDY.toLowerCase()) {
    const shown = JSON.stringify(headers['upgrade'] ?? '');
    throw new ServerError(
      400,
      `unable to upgrade: missing upgrade headers in request: Upgrade is ${shown}`,
    );
  }
  const offered = (headers['x-stream-protocol-version'] ?? '')
    .split(',')
    .flatMap((each) => each.trim() || []);
  const protocol =
    offered.length === 0 ? spoken.spdyDefault : offered.find((each) => spoken.spdy.includes(each));
  if (protocol === undefined)
    throw new ServerError(
      403,
      `unable to upgrade: unable to negotiate protocol: client supports ${goList(offered)}, ` +
        `server accepts ${goList(spoken.spdy)}`,
    );
  return {
    over: 'spdy',
    protocol,
    headers: {
      connection: 'Upgrade',
      upgrade: SPDY,
      ...(offered.length === 0 ? {} : { 'x-stream-protocol-version': protocol }),
    },
  };
}

const goList = (items: readonly string[]): string => `[${items.join(' ')}]`;
