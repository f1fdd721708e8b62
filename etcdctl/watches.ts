/** Watches on one stream, printed as they come, told to programs, resumed when it breaks. */
import { sleep } from '../platform/clock.ts';
import { BoundedStream } from '../platform/stream.ts';
import type { Plain } from '../store/grpc/schema/codec.ts';
import { isUnavailable, type EtcdClient } from './client.ts';
import { printPairs } from './commands/kv.ts';
import { quoted } from './fields.ts';
import { numberText } from './plain.ts';
import type { Session } from './session.ts';

const WATCH = 'etcdserverpb.Watch/Watch';
/** Requests that the stream has not taken. */
const MAX_WAITING_REQUESTS = 10_000;
const RETRY_MS = 500;

export interface Wanted {
  /** WatchCreateRequest. */
  readonly create: Plain;
  /** Run for each event; empty: none. */
  readonly program: readonly string[];
}

interface Watch extends Wanted {
  /** Where it goes on after the stream was lost. */
  startRevision: number;
}

const revisionOf = (answer: Plain): number =>
  Number((answer['header'] as Plain | undefined)?.['revision'] ?? 0);

export class Watches {
  readonly #session: Session;
  /** Told of a watch that the server ended; it may throw to end all. */
  readonly #onCanceled: (error: Error) => void;
  /** In the order in which the server is asked for them. */
  #asked: Watch[] = [];
  readonly #byId = new Map<number, Watch>();
  readonly #closing = new AbortController();
  #wasServed = false;
  #requests = new BoundedStream<Plain>(MAX_WAITING_REQUESTS);

  constructor(session: Session, onCanceled: (error: Error) => void) {
    this.#session = session;
    this.#onCanceled = onCanceled;
  }

  add(wanted: Wanted): void {
    this.#ask({ ...wanted, startRevision: Number(wanted.create['start_revision']) });
  }

  #ask(watch: Watch): void {
    this.#asked.push(watch);
    const create = { ...watch.create, start_revision: watch.startRevision };
    this.#requests.push({ create_request: create });
  }

  askForProgress(): void {
    this.#requests.push({ progress_request: {} });
  }

  /** Until the command is told to end; rejects if the first server cannot be reached. */
  async run(): Promise<void> {
    const { clock, context } = this.#session.environment;
    const until = AbortSignal.any([context.terminated, this.#closing.signal]);
    for (;;) {
      try {
        return await this.#follow(await this.#session.client(), until);
      } catch (error) {
        if (!isUnavailable(error) || !this.#wasServed) throw error;
      }
      await sleep(clock, RETRY_MS, until);
      if (until.aborted) return;
      this.#askAgain();
    }
  }

  close(): void {
    this.#requests.end();
    this.#closing.abort();
  }

  async #follow(client: EtcdClient, until: AbortSignal): Promise<void> {
    for await (const answer of client.duplex(WATCH, this.#requests, until))
      await this.#take(answer);
  }

  #askAgain(): void {
    this.#requests.end();
    this.#requests = new BoundedStream<Plain>(MAX_WAITING_REQUESTS);
    const all = [...this.#byId.values(), ...this.#asked];
    this.#asked = [];
    this.#byId.clear();
    for (const watch of all) this.#ask(watch);
  }

  async #take(answer: Plain): Promise<void> {
    const id = Number(answer['watch_id'] ?? 0);
    const isNew = answer['created'] === true;
    this.#wasServed = true;
    const watch = isNew ? this.#asked.shift() : this.#byId.get(id);
    if (answer['canceled'] === true) {
      this.#byId.delete(id);
      this.#onCanceled(canceled(answer));
    } else if (isNew) {
      this.#byId.set(id, watch!);
      watch!.startRevision ||= revisionOf(answer) + 1;
    } else if (watch !== undefined) await this.#print(watch, answer);
    // What was asked for is told to all.
    else for (const each of this.#byId.values()) await this.#print(each, answer);
  }

  async #print(watch: Watch, answer: Plain): Promise<void> {
    const session = this.#session;
    const revision = revisionOf(answer);
    const events = (answer['events'] ?? []) as Plain[];
    if (events.length === 0) session.print(`progress notify: ${revision}`);
    session.show('WatchResponse', answer, () => {
      for (const event of events) printEvent(session, event);
    });
    if (watch.program.length > 0)
      for (const event of events) await tell(session, watch.program, { event, revision });
    const last = (events.at(-1)?.['kv'] as Plain | undefined)?.['mod_revision'] ?? revision;
    watch.startRevision = Math.max(watch.startRevision, Number(last) + 1);
  }
}

function canceled({ compact_revision: compacted, cancel_reason: reason }: Plain): Error {
  return new Error(
    compacted === undefined
      ? `watch was canceled (${(reason as string | undefined) ?? ''})`
      : 'watch was canceled (etcdserver: mvcc: required revision has been compacted)',
  );
}

function printEvent(session: Session, event: Plain): void {
  session.print(event['type'] === 1 ? 'DELETE' : 'PUT');
  if (event['prev_kv'] !== undefined) printPairs(session, [event['prev_kv']]);
  printPairs(session, [event['kv']]);
}

async function tell(
  session: Session,
  program: readonly string[],
  { event, revision }: { readonly event: Plain; readonly revision: number },
): Promise<void> {
  const { key, value } = event['kv'] as Plain;
  const code = await session.runProgram(program, {
    ETCD_WATCH_REVISION: numberText(revision),
    ETCD_WATCH_EVENT_TYPE: quoted(event['type'] === 1 ? 'DELETE' : 'PUT'),
    ETCD_WATCH_KEY: quoted(key),
    ETCD_WATCH_VALUE: quoted(value),
  });
  if (code !== 0) {
    const shown = program.map((word) => quoted(word)).join(' ');
    throw new Error(`command [${shown}] error (exit status ${code})`);
  }
}
