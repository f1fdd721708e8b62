/** An {@link Extender} that is asked by POST, as kube-scheduler asks its own. */
import type { Clock } from '../../platform/clock.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { OutgoingHttp, OutgoingRequest } from '../../platform/net/outgoing-http.ts';
import type { Extender } from '../framework/extender.ts';
import { MAX_NODE_SCORE } from '../framework/interface.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import {
  bindingRequest,
  checkBound,
  hostPriorities,
  keptCandidates,
  nodesRequest,
  preemptionRequest,
  refusedNodes,
} from './wire.ts';

/** What extenders score at most; plugins score up to {@link MAX_NODE_SCORE}. */
const MAX_EXTENDER_PRIORITY = 10;
/** Nodes of a large cluster come back whole from an extender that keeps none of its own. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Certificates have been read. */
export type ExtenderTls = Pick<
  OutgoingRequest,
  'ca' | 'client' | 'serverName' | 'insecureSkipVerify'
>;

export interface ExtenderConfiguration {
  readonly urlPrefix: string;
  readonly filterVerb?: string;
  readonly prioritizeVerb?: string;
  readonly preemptVerb?: string;
  readonly bindVerb?: string;
  readonly weight: number;
  readonly timeoutMs: number;
  /** It knows the nodes by itself: their names are enough for it. */
  readonly nodeCacheCapable: boolean;
  /** Pods that ask for none of them do not concern it. Empty: every pod does. */
  readonly managedResources: ReadonlySet<string>;
  readonly ignorable: boolean;
}

export interface ExtenderParts {
  readonly http: OutgoingHttp;
  readonly clock: Clock;
}

export class HttpExtender implements Extender {
  readonly name: string;
  readonly ignorable: boolean;
  readonly filter?: NonNullable<Extender['filter']>;
  readonly prioritize?: NonNullable<Extender['prioritize']>;
  readonly preempt?: NonNullable<Extender['preempt']>;
  readonly bind?: NonNullable<Extender['bind']>;
  readonly #configuration: ExtenderConfiguration;
  readonly #tls: ExtenderTls;
  readonly #parts: ExtenderParts;

  constructor(configuration: ExtenderConfiguration, tls: ExtenderTls, parts: ExtenderParts) {
    this.#configuration = configuration;
    this.#tls = tls;
    this.#parts = parts;
    this.name = configuration.urlPrefix;
    this.ignorable = configuration.ignorable;
    const { filterVerb, prioritizeVerb, preemptVerb, bindVerb, nodeCacheCapable } = configuration;
    if (filterVerb !== undefined)
      this.filter = async (pod, nodes) => {
        const answer = await this.#post(filterVerb, this.#nodes(pod, nodes));
        return refusedNodes(answer, nodes, { byName: nodeCacheCapable, extender: this.name });
      };
    if (prioritizeVerb !== undefined)
      this.prioritize = async (pod, nodes) =>
        this.#weighted(hostPriorities(await this.#post(prioritizeVerb, this.#nodes(pod, nodes))));
    if (preemptVerb !== undefined)
      this.preempt = async (pod, candidates) => {
        const request = preemptionRequest(pod, candidates, nodeCacheCapable);
        return keptCandidates(await this.#post(preemptVerb, request), candidates);
      };
    if (bindVerb !== undefined)
      this.bind = async (pod, nodeName) =>
        checkBound(await this.#post(bindVerb, bindingRequest(pod, nodeName)));
  }

  concerns({ pod: { spec } }: PodInfo): boolean {
    const { managedResources } = this.#configuration;
    if (managedResources.size === 0) return true;
    const all = [...(spec.initContainers ?? []), ...spec.containers];
    return all.some(({ resources: { requests, limits } = {} }) =>
      [requests, limits].some((asked) =>
        Object.keys(asked ?? {}).some((name) => managedResources.has(name)),
      ),
    );
  }

  #nodes(pod: PodInfo, nodes: readonly NodeInfo[]): object {
    return nodesRequest(pod, nodes, this.#configuration.nodeCacheCapable);
  }

  #weighted(priorities: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const factor = this.#configuration.weight * (MAX_NODE_SCORE / MAX_EXTENDER_PRIORITY);
    return new Map(Array.from(priorities, ([name, score]) => [name, score * factor]));
  }

  async #post(verb: string, body: object): Promise<unknown> {
    const { urlPrefix, timeoutMs } = this.#configuration;
    const url = `${urlPrefix.replace(/\/+$/, '')}/${verb}`;
    const { http, clock } = this.#parts;
    const ending = new AbortController();
    const late = new Error(`Post "${url}": no answer within ${timeoutMs / 1000} s`);
    const timer = clock.after(timeoutMs, () => ending.abort(late));
    try {
      const { status, body: answer } = await http.send({
        ...this.#tls,
        method: 'POST',
        url,
        maxAnswerBytes: MAX_ANSWER_BYTES,
        signal: ending.signal,
        headers: { 'content-type': 'application/json', 'user-agent': 'wherry-scheduler' },
        body: Buffer.from(jsonText(body)),
      });
      if (status !== 200)
        throw new Error(`failed ${verb} with extender at URL ${url}, code ${status}`);
      return JSON.parse(Buffer.from(answer).toString('utf8')) as unknown;
    } finally {
      timer.cancel();
    }
  }
}
