/**
 * The way from this server to the nodes' agents, and through them to pods. In: who is to answer
 * and the client's request. Out: its answer, streamed, or the connection, passed through as it is:
 * what is spoken on it (WebSocket channels, SPDY) is between the client and the agent.
 */
import { isStatus, statusError } from '../../api/status.ts';
import type { Node } from '../../api/types/core-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import type { Upstream, UpstreamAnswer, UpstreamTls } from '../../platform/net/upstream.ts';
import { offeredProtocols } from '../../platform/net/websocket-server.ts';
import type { Passages } from '../handlers/target.ts';
import { streamOverWebSocket, wantsWebSocket } from '../handlers/watch-socket.ts';
import type { Passage } from '../registry/connect-subresource.ts';
import { callFailureText } from '../webhook/call-failure.ts';
import { agentUrl } from './agent-address.ts';
import { bodyOf, forwardedHeaders, passedOn } from './pass-on.ts';
import { refusedLog } from './refused-log.ts';

/** A refusal in text is cut there. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** Certificates are renewed and files replaced: kube-apiserver looks every 5 minutes. */
const PROOF_MS = 60_000;
/** As the agent's own name of it: kubelet/server/port-forward.ts. */
const DIAL_PROTOCOL = 'wherry-dial';

export interface NodePassagesOptions {
  readonly upstream: Upstream;
  /** How this server proves itself to agents and knows them; asked for as it is needed. */
  readonly tls: () => Promise<UpstreamTls>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Undefined: there is no such node. */
  readonly node: (name: string) => Promise<Node | undefined>;
  readonly addressTypes: readonly string[];
}

type Asked = Parameters<Passages['follow']>[1];
type ToAgent = Extract<Passage, { to: 'agent' }>;
type ToPod = Extract<Passage, { to: 'pod' }>;

export class NodePassages implements Passages {
  readonly #options: NodePassagesOptions;
  #tls: Promise<UpstreamTls> | undefined;
  #askedMs = 0;

  constructor(options: NodePassagesOptions) {
    this.#options = options;
  }

  follow(passage: Passage, asked: Asked): Promise<HttpResponse> {
    switch (passage.to) {
      case 'nobody':
        return Promise.resolve({ status: 200, headers: { 'content-type': 'text/plain' } });
      case 'agent':
        return this.#toAgent(passage, asked);
      case 'pod':
        return this.#toPod(passage, asked.http);
    }
  }

  /** What the node's agent answers to the server itself. Rejects if it does not. */
  async read(node: Node, path: string, signal: AbortSignal): Promise<UpstreamAnswer> {
    const url = `${agentUrl(node, this.#options.addressTypes)}${path}`;
    const tls = await this.#proof();
    return this.#options.upstream.send({ method: 'GET', url, headers: {}, tls, signal });
  }

  async #toAgent(passage: ToAgent, { http, carries }: Asked): Promise<HttpResponse> {
    const { node, path, query, insecure = false } = passage;
    const asMessages = carries === 'text' && wantsWebSocket(http.headers);
    const base = await this.#agent(node);
    const tls = await this.#proof();
    const search = query.toString();
    const answer = await this.#options.upstream
      .send({
        method: http.method,
        url: `${base}${path}${search === '' ? '' : `?${search}`}`,
        headers: carries === 'text' ? {} : forwardedHeaders(http),
        body: bodyOf(http),
        tls: insecure ? { ...tls, insecureSkipVerify: true } : tls,
        signal: http.signal,
      })
      .catch((error: Error) => {
        const why = callFailureText(error, new URL(base).hostname);
        throw statusError('InternalError', `error dialing backend: ${why}`);
      });
    if (carries !== 'text') return passedOn(answer);
    const text = await textResponse(answer, passage);
    return asMessages ? messagesOf(http, answer) : text;
  }

  async #toPod(passage: ToPod, http: HttpRequest): Promise<HttpResponse> {
    const { pod, port, secure, path, query } = passage;
    const search = query.toString();
    const unreachable = (error: Error): never => {
      if (isStatus(error, 'NotFound')) throw error;
      const text = `error trying to reach service: ${error.message}`;
      throw statusError('ServiceUnavailable', text);
    };
    const answer = await this.#options.upstream
      .send({
        method: http.method,
        url: `http${secure ? 's' : ''}://${pod}:${port}${path || '/'}${search && `?${search}`}`,
        headers: forwardedHeaders(http),
        body: bodyOf(http),
        // Pods' certificates are nobody's that is known here: Kubernetes does not check them.
        tls: { insecureSkipVerify: true },
        dial: () => this.#dial(passage, http.signal),
        signal: http.signal,
      })
      .catch(unreachable);
    return passedOn(answer);
  }

  async #dial({ node, namespace, pod, port }: ToPod, signal: AbortSignal): Promise<ByteStream> {
    const base = await this.#agent(node);
    const answer = await this.#options.upstream.send({
      method: 'GET',
      url: `${base}/dial/${namespace}/${pod}?port=${port}`,
      headers: { connection: 'Upgrade', upgrade: DIAL_PROTOCOL },
      tls: await this.#proof(),
      signal,
    });
    if (answer.connection !== undefined) return answer.connection;
    throw new Error(await textOf(answer.body));
  }

  async #agent(name: string): Promise<string> {
    const node = await this.#options.node(name);
    if (node === undefined)
      throw statusError('NotFound', `nodes ${JSON.stringify(name)} not found`, {
        name,
        kind: 'nodes',
      });
    return agentUrl(node, this.#options.addressTypes);
  }

  #proof(): Promise<UpstreamTls> {
    const { tls, clock } = this.#options;
    const nowMs = clock.monotonic();
    const before = this.#tls;
    if (before !== undefined && nowMs - this.#askedMs < PROOF_MS) return before;
    this.#askedMs = nowMs;
    this.#tls = tls().catch((error: unknown) => {
      // Half of a pair may have been replaced: what there was is good for a while.
      if (before !== undefined) return before;
      this.#tls = undefined;
      throw error;
    });
    return this.#tls;
  }
}

/** By the subprotocol that a client offers: whether its messages are binary, or base64 in text. */
const LOG_PROTOCOLS: Readonly<Record<string, boolean>> = {
  'binary.k8s.io': true,
  'base64.binary.k8s.io': false,
};

/** A log over a WebSocket, as browsers ask for it: a message for each piece that comes. */
function messagesOf({ headers }: HttpRequest, { body }: UpstreamAnswer): HttpResponse {
  const protocol = offeredProtocols(headers).find((each) => Object.hasOwn(LOG_PROTOCOLS, each));
  const isBinary = protocol === undefined || LOG_PROTOCOLS[protocol]!;
  const chosen = protocol === undefined ? {} : { 'sec-websocket-protocol': protocol };
  return {
    status: 101,
    headers: { upgrade: 'websocket', connection: 'Upgrade', ...chosen },
    upgrade: (connection) =>
      streamOverWebSocket(connection, body[Symbol.asyncIterator](), (socket, piece) =>
        isBinary
          ? socket.send('binary', piece)
          : socket.send('text', Buffer.from(Buffer.from(piece).toString('base64'))),
      ),
  };
}

/** A log; what the agent refuses becomes a Status, as kube-apiserver makes it. */
async function textResponse(
  { status, body }: UpstreamAnswer,
  { path }: ToAgent,
): Promise<HttpResponse> {
  if (status === 200) return { status, headers: { 'content-type': 'text/plain' }, body };
  // The agent's path is /containerLogs/<namespace>/<pod>/<container>.
  throw refusedLog({ status, text: await textOf(body) }, path.split('/')[3] ?? '');
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let left = MAX_REFUSAL_BYTES;
  for await (const part of body) {
    parts.push(part.subarray(0, left));
    left -= part.length;
    if (left <= 0) break;
  }
  return Buffer.concat(parts).toString().trim();
}
