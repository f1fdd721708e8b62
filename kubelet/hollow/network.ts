/**
 * What answers probes and hooks that go to a simulated container over the network. A pod's user
 * may declare it:
 *
 *   wherry.io/network: |
 *     - path: /healthz        # HTTP; a last * stands for anything
 *       afterSeconds: 10      # since the container began; before that the next entries count
 *       status: 500
 *     - port: 5432
 *       refused: true         # nothing listens
 *     - port: 9090
 *       health: NOT_SERVING   # grpc.health.v1
 *       delaySeconds: 2
 *
 * The first that fits is the answer; of none that fits, all is well. A container that has the
 * annotation, or `<container>.wherry.io/network`, when it begins is asked again and again, and
 * changes count from then on. In one whose own command is carried out nothing listens unless it
 * is declared: no program of the small shell does. Others are not asked, and succeed.
 */
import { parseYaml, MalformedYaml } from '../../api/yaml.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import type { OutgoingAnswer, OutgoingRequest } from '../../platform/net/outgoing-http.ts';
import type { ProbeActions } from '../probes/probe-check.ts';
import { FieldFault, Fields } from '../stages/fields.ts';

const ANNOTATION = 'wherry.io/network';
const MAX_SECONDS = 7 * 24 * 3600;
const healths = ['SERVING', 'NOT_SERVING', 'UNKNOWN', 'SERVICE_UNKNOWN'] as const;

interface Reply {
  readonly port: number | undefined;
  /** Of HTTP; undefined: any. */
  readonly path: string | undefined;
  readonly afterMs: number;
  readonly delayMs: number;
  readonly refused: boolean;
  readonly status: number;
  readonly health: string;
}

const well = { delayMs: 0, refused: false, status: 200, health: 'SERVING' };

/** Whether anybody has said what answers in that container. */
export function isNetworkTold({ metadata }: Pod, container: string): boolean {
  return textsOf(metadata.annotations, container).length > 0;
}

export interface HollowNetworkOptions {
  readonly clock: Clock;
  readonly container: string;
  readonly startedAtMs: number;
  /** The pod as it is now. */
  readonly pod: () => Pod;
  /** Its own command is carried out: all that runs in it is known. */
  readonly isKnown: () => boolean;
}

export class HollowNetwork implements Omit<ProbeActions, 'exec'> {
  readonly #options: HollowNetworkOptions;

  constructor(options: HollowNetworkOptions) {
    this.#options = options;
  }

  get host(): string {
    return this.#options.pod().status?.podIP ?? '127.0.0.1';
  }

  readonly http = {
    send: async ({ url, signal }: OutgoingRequest): Promise<OutgoingAnswer> => {
      const { port, pathname, protocol } = new URL(url);
      const number = Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port);
      const { status } = await this.#reply({ port: number, path: pathname }, signal);
      return { status, headers: {}, body: new Uint8Array() };
    },
  };

  hostPort(port: number): number {
    return port;
  }

  async connect({ port }: { readonly port: number }, signal: AbortSignal): Promise<void> {
    await this.#reply({ port }, signal);
  }

  async grpcHealth({ port }: { readonly port: number }, signal: AbortSignal): Promise<string> {
    return (await this.#reply({ port }, signal)).health;
  }

  /** Rejects as a system does where nothing listens, and when the signal aborts. */
  async #reply(
    { port, path }: { readonly port: number; readonly path?: string },
    signal: AbortSignal,
  ): Promise<Pick<Reply, 'status' | 'health'>> {
    const { clock, container, startedAtMs, pod, isKnown } = this.#options;
    const ranMs = clock.now() - startedAtMs;
    const told = textsOf(pod().metadata.annotations, container).flatMap(repliesIn);
    const fits = (each: Reply): boolean =>
      (each.port ?? port) === port && ranMs >= each.afterMs && pathFits(each.path, path);
    const found = told.find(fits) ?? { ...well, refused: told.length === 0 && isKnown() };
    if (found.delayMs > 0) await sleep(clock, found.delayMs, signal);
    signal.throwIfAborted();
    if (found.refused) throw Object.assign(new Error('nothing listens'), { code: 'ECONNREFUSED' });
    return found;
  }
}

function pathFits(told: string | undefined, path: string | undefined): boolean {
  if (told === undefined) return true;
  return told.endsWith('*') ? path?.startsWith(told.slice(0, -1)) === true : path === told;
}

/** With the annotation's name, the container's own first. */
function textsOf(
  annotations: Readonly<Record<string, string>> = {},
  container: string,
): (readonly [string, string])[] {
  return [`${container}.${ANNOTATION}`, ANNOTATION].flatMap((name) => {
    const text = annotations[name];
    return text === undefined ? [] : [[name, text] as const];
  });
}

/** Throws an error that names the annotation if it cannot be understood. */
function repliesIn([name, text]: readonly [string, string]): Reply[] {
  try {
    return (new Fields({ answers: parseYaml(text) ?? [] }).objects('answers') ?? []).map(replyOf);
  } catch (error) {
    if (error instanceof FieldFault || error instanceof MalformedYaml)
      throw new Error(`annotation ${name}: ${error.message}`);
    throw error;
  }
}

function replyOf(fields: Fields): Reply {
  const reply = {
    port: fields.whole('port', { min: 1, max: 65_535 }),
    path: fields.text('path'),
    afterMs: (fields.whole('afterSeconds', { max: MAX_SECONDS }) ?? 0) * 1000,
    delayMs: (fields.whole('delaySeconds', { max: MAX_SECONDS }) ?? 0) * 1000,
    refused: fields.flag('refused') ?? well.refused,
    status: fields.whole('status', { min: 100, max: 599 }) ?? well.status,
    health: fields.choice('health', healths) ?? well.health,
  };
  fields.done();
  return reply;
}
