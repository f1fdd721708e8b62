/**
 * The node agent's server, as the kubelet's on port 10250: one for all nodes of a process. In:
 * logs, exec, attach, port-forward, run, the pods of a node, over HTTP/1.1, SPDY/3.1 and
 * WebSockets. Out: who may ask (the listener lets only the cluster's certificates in; here only
 * the API server's, or an administrator's, is served) and what runs containers.
 *
 * Paths are the kubelet's. Below `/nodes/<name>` they mean that node, where several share a
 * server; `/dial/<namespace>/<pod>?port=` is ours.
 */
import type { Pod } from '../../api/types/core-v1.ts';
import { parseTime } from '../../api/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HttpRequest, HttpResponse, Peer } from '../../platform/net/http.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import { HealthSlis } from '../../platform/metrics/health-slis.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import { METRICS_TYPE, metricsText } from '../../platform/metrics/text.ts';
import type { RawDeflate } from '../../platform/bytes/raw-deflate.ts';
import { ContainerStreamError } from '../container-streams.ts';
import { jsonAnswer, ServerError, textAnswer } from './answers.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { type CommandServing, serveCommand } from './command.ts';
import { Conversations } from './conversations.ts';
import type { ForwardTarget } from './forward.ts';
import {
  hasContainer,
  type HostedPod,
  type HostedPods,
  loggedContainer,
  runningContainer,
} from './hosted-pods.ts';
import { logText } from './log-text.ts';
import { serveDial, servePortForward } from './port-forward.ts';
import { resourceMetrics } from './resource-metrics.ts';
import { runToEnd } from './run.ts';
import { statsSummary } from './stats-summary.ts';
import { UsageMeter } from './usage.ts';

/** The API server's name towards node agents, and the group of those who may do anything. */
const API_SERVER = 'kube-apiserver-kubelet-client';
const MASTERS = 'system:masters';

export interface NodeServerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deflate: RawDeflate;
  readonly sha1: (bytes: Uint8Array) => Uint8Array;
  readonly pods: HostedPods;
  /** Shown at /metrics. Absent: nothing is. */
  readonly metrics?: Metrics;
}

type Route = (
  request: HttpRequest,
  parts: readonly string[],
) => HttpResponse | Promise<HttpResponse>;

export class NodeServer implements Running {
  readonly #options: NodeServerOptions;
  readonly #conversations: Conversations;
  readonly #slis = new HealthSlis();
  readonly #usage: UsageMeter;
  readonly #serving: CommandServing;
  readonly #routes: Readonly<Record<string, Route>>;

  constructor(options: NodeServerOptions) {
    this.#options = options;
    this.#conversations = new Conversations(options.clock);
    this.#usage = new UsageMeter(options.clock, options.pods);
    const { clock, deflate, sha1 } = options;
    this.#serving = { clock, deflate, sha1, conversations: this.#conversations };
    this.#routes = {
      containerLogs: (request, parts) => this.#logs(request, parts),
      exec: (request, parts) => this.#exec(request, parts),
      attach: (request, parts) => this.#attach(request, parts),
      run: (request, parts) => this.#run(request, parts),
      portForward: (request, parts) =>
        servePortForward(request, this.#serving, this.#target(parts)),
      dial: (request, parts) => serveDial(request, this.#serving, this.#target(parts)),
    };
  }

  /** Never rejects. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    try {
      if (!mayAsk(request.peer)) {
        const user = request.peer.certificate?.commonName ?? 'system:anonymous';
        const asked = `user=${user}, verb=${request.method.toLowerCase()}`;
        return textAnswer(403, `Forbidden (${asked}, resource=nodes, subresource=proxy)`);
      }
      return await this.#route(request);
    } catch (error) {
      if (error instanceof ServerError) return textAnswer(error.status, error.message);
      if (error instanceof ContainerStreamError) return textAnswer(500, error.message);
      this.#options.logger.error({ error, path: request.path }, 'a request met a bug');
      return textAnswer(500, 'the node agent could not answer');
    }
  }

  stop(): Promise<void> {
    return this.#conversations.stop();
  }

  #route(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    let parts = request.path.split('/').slice(1).map(decoded);
    const node = parts[0] === 'nodes' ? parts[1] : undefined;
    if (node !== undefined) parts = parts.slice(2);
    const [what = '', ...rest] = parts;
    if (what === 'healthz' && rest.length === 0) {
      this.#slis.note('ping', 'healthz', true);
      return textAnswer(200, 'ok');
    }
    if (what === 'metrics') return this.#metrics(rest.join('/'), node);
    if (what === 'stats' && rest.join('/') === 'summary') return this.#stats(node);
    if (what === 'pods' && rest.join('') === '') return this.#podList(node);
    const route = this.#routes[what];
    if (route === undefined) return textAnswer(404, '404 page not found\n');
    return route(request, rest);
  }

  #metrics(which: string, node: string | undefined): HttpResponse {
    const shown: Readonly<Record<string, () => Metrics | undefined>> = {
      '': () => this.#options.metrics,
      cadvisor: () => cadvisorMetrics(this.#usage.scrape(node)),
      resource: () => resourceMetrics(this.#usage.scrape(node)),
      slis: () => this.#slis.metrics,
    };
    const metrics = shown[which]?.();
    if (metrics === undefined) return textAnswer(404, '404 page not found\n');
    const headers = { 'content-type': METRICS_TYPE };
    return { status: 200, headers, body: Buffer.from(metricsText(metrics)) };
  }

  #stats(node: string | undefined): HttpResponse {
    const { nodes, ...usage } = this.#usage.scrape(node);
    const [only, ...others] = nodes;
    if (only === undefined) throw new ServerError(503, 'the node is not known yet');
    if (others.length > 0)
      throw new ServerError(400, 'several nodes are served here: ask below /nodes/<name>');
    return jsonAnswer(statsSummary(only, usage));
  }

  #podList(node: string | undefined): HttpResponse {
    const items = this.#options.pods.list(node);
    return jsonAnswer({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });
  }

  /** By "<namespace>/<pod>", and perhaps "/<uid>". */
  #hosted(parts: readonly string[], uid: string | undefined): HostedPod {
    const [namespace = '', name = ''] = parts;
    const hosted = this.#options.pods.find(namespace, name);
    if (hosted === undefined || (uid !== undefined && hosted.pod.metadata.uid !== uid))
      throw new ServerError(404, `pod ${JSON.stringify(name)} does not exist`);
    return hosted;
  }

  /** "<namespace>/<pod>/<container>", or with the pod's uid before the container. */
  #running(parts: readonly string[]): HostedPod & { readonly id: string } {
    const container = parts.at(-1) ?? '';
    const hosted = this.#hosted(parts, parts.length > 3 ? parts[2] : undefined);
    const id = runningContainer(hosted.pod, container);
    if (id === undefined)
      throw new ServerError(500, `container not found (${JSON.stringify(container)})`);
    return { ...hosted, id };
  }

  #target(parts: readonly string[]): ForwardTarget {
    const { pod, runtime } = this.#hosted(parts, parts[2]);
    const { uid = '', name = '' } = pod.metadata;
    if (pod.status?.phase !== 'Running')
      throw new ServerError(500, `pod not found (${JSON.stringify(`${name}_${parts[0] ?? ''}`)})`);
    return { podName: name, uid, dial: (port, signal) => runtime.dial(uid, port, signal) };
  }

  #logs(request: HttpRequest, parts: readonly string[]): HttpResponse {
    const [, , container = ''] = parts;
    const { query } = request;
    const { pod, runtime } = this.#hosted(parts, undefined);
    const name = JSON.stringify(pod.metadata.name);
    if (!hasContainer(pod, container))
      throw new ServerError(404, `container ${JSON.stringify(container)} not found in pod ${name}`);
    const id = logged(pod, container, query.get('previous') === 'true');
    const follow = query.get('follow') === 'true';
    const number = (key: string): number | undefined => numberIn(query, key);
    const sinceMs = this.#since(query);
    const tailLines = number('tailLines');
    const { signal, done } = this.#conversations.begin(request.signal);
    const entries = runtime.logs(id, {
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(sinceMs === undefined ? {} : { sinceMs }),
      follow,
      signal,
    });
    const form = {
      timestamps: query.get('timestamps') === 'true',
      limitBytes: number('limitBytes'),
      follow,
    };
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    return { status: 200, headers, body: ending(logText(entries, form), done) };
  }

  #since(query: URLSearchParams): number | undefined {
    const seconds = numberIn(query, 'sinceSeconds');
    if (seconds !== undefined) return this.#options.clock.now() - seconds * 1000;
    const text = query.get('sinceTime');
    return text === null ? undefined : parseTime(text);
  }

  #exec(request: HttpRequest, parts: readonly string[]): HttpResponse {
    const { id, runtime } = this.#running(parts);
    const command = request.query.getAll('command');
    return serveCommand(request, this.#serving, (io) => runtime.exec(id, command, io));
  }

  #attach(request: HttpRequest, parts: readonly string[]): HttpResponse {
    const { id, runtime } = this.#running(parts);
    return serveCommand(request, this.#serving, async (io) => {
      await runtime.attach(id, io);
      return 0;
    });
  }

  async #run(request: HttpRequest, parts: readonly string[]): Promise<HttpResponse> {
    if (request.method !== 'POST') throw new ServerError(405, 'only POST is served here');
    const { id, runtime } = this.#running(parts);
    const command = (request.query.get('cmd') ?? '').split(' ');
    const { output, code } = await runToEnd((io) => runtime.exec(id, command, io), request.signal);
    if (code === 0) return textAnswer(200, output);
    return textAnswer(500, `command terminated with exit code ${code}: ${output}`);
  }
}

function mayAsk({ certificate }: Peer): boolean {
  if (certificate === undefined) return false;
  return certificate.commonName === API_SERVER || certificate.organizations.includes(MASTERS);
}

function logged(pod: Pod, container: string, previous: boolean): string {
  try {
    return loggedContainer(pod, container, previous);
  } catch (error) {
    throw new ServerError(400, error instanceof Error ? error.message : String(error));
  }
}

function numberIn(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ServerError(400, 'the request path cannot be decoded');
  }
}

async function* ending(
  chunks: AsyncIterable<Uint8Array>,
  done: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    done();
  }
}
