/** A client that does one thing after another, at whichever member answers, and keeps the book. */
import { StoreError } from '../../store/kv.ts';
import type { RangeResponse } from '../../store/kv.ts';
import type { Member } from '../../store/server/interface.ts';
import type { Host } from './cluster.ts';
import { KEYS } from './history.ts';
import type { Observation, Operation } from './history.ts';
import type { Flaw } from './machine.ts';
import type { SeededRandom, SimTime } from './time.ts';

/** A client gives up on an answer after this time. */
const PATIENCE_MS = 3000;

/** What every actor of a simulation is given. */
export interface Actor {
  readonly id: number;
  readonly time: SimTime;
  readonly random: SeededRandom;
  /** Members that run. */
  readonly hosts: () => readonly Host[];
  readonly done: () => boolean;
}

export interface ClientParts extends Actor {
  readonly flaw: Flaw | undefined;
  readonly observations: Observation[];
}

/** Refusals that tell: nothing was done. */
const definite: readonly string[] = ['noSpace', 'tooManyRequests', 'notSupportedForLearner'];

/** What `call` answers, or why it did not; whether it did anything is then unknown. */
export async function attempt<T>(
  { time }: Pick<Actor, 'time'>,
  host: Host,
  call: (member: Member) => Promise<T>,
): Promise<T | StoreError> {
  const asked = async (): Promise<T | StoreError> => {
    await host.awake;
    const { member } = host;
    if (member === undefined) return new StoreError('unavailable');
    return call(member);
  };
  const answer = asked().catch((error: unknown) => {
    if (error instanceof StoreError) return error;
    throw error;
  });
  return new Promise((resolve, reject) => {
    const patience = time.after(PATIENCE_MS, () => resolve(new StoreError('timeout')));
    void answer.then(resolve, reject).finally(() => patience.cancel());
  });
}

export async function runClient(parts: ClientParts): Promise<void> {
  const { id, time, random } = parts;
  const revisions = new Map<string, number>();
  for (let n = 0; !parts.done(); n++) {
    await time.sleep(random.between(1, 60));
    const hosts = parts.hosts();
    if (hosts.length === 0 || parts.done()) continue;
    const operation = nextOperation(random, `${id}.${n}`, revisions);
    const began = time.now;
    const outcome = await attempt(parts, random.pick(hosts), (member) =>
      perform(member, operation, parts.flaw),
    );
    const base = { client: id, operation, began };
    if (outcome instanceof StoreError) {
      if (!definite.includes(outcome.reason)) parts.observations.push({ ...base, ended: Infinity });
      continue;
    }
    parts.observations.push({ ...base, ended: time.now, result: outcome.result });
    if (outcome.modRevision !== undefined) revisions.set(operation.key, outcome.modRevision);
  }
}

function nextOperation(
  random: SeededRandom,
  value: string,
  revisions: ReadonlyMap<string, number>,
): Operation {
  const key = random.pick(KEYS);
  switch (random.below(10)) {
    case 0:
      return { type: 'delete', key };
    case 1:
    case 2:
      return { type: 'cas', key, expected: revisions.get(key) ?? 0, value };
    case 3:
    case 4:
      return { type: 'put', key, value };
    case 5:
      return { type: 'putTwo', key, other: KEYS[(KEYS.indexOf(key) + 1) % KEYS.length]!, value };
    case 6:
      return { type: 'scan', key: '' };
    default:
      return { type: 'get', key };
  }
}

interface Outcome {
  readonly result: NonNullable<Observation['result']>;
  /** Of the key, if it became known. */
  readonly modRevision?: number;
}

const valuesOf = ({ kvs }: RangeResponse): Record<string, string> =>
  Object.fromEntries(kvs.map(({ key, value }) => [key, Buffer.from(value).toString()]));

async function perform(
  member: Member,
  operation: Operation,
  flaw: Flaw | undefined,
): Promise<Outcome> {
  const { key } = operation;
  const serializable = flaw === 'skipReadIndex';
  switch (operation.type) {
    case 'get': {
      const read = await member.range({ key, serializable });
      const result = { revision: read.revision, wrote: false, values: valuesOf(read) };
      return { result, modRevision: read.kvs[0]?.modRevision ?? 0 };
    }
    case 'scan': {
      const [first, last] = [KEYS[0]!, KEYS[KEYS.length - 1]!];
      const read = await member.range({ key: first, rangeEnd: `${last}\0`, serializable });
      return { result: { revision: read.revision, wrote: false, values: valuesOf(read) } };
    }
    case 'delete': {
      const { revision, deleted } = await member.deleteRange({ key });
      return { result: { revision, wrote: deleted > 0 }, modRevision: 0 };
    }
    case 'put': {
      const { revision } = await member.put({ key, value: Buffer.from(operation.value) });
      return { result: { revision, wrote: true }, modRevision: revision };
    }
    case 'putTwo':
    case 'cas':
      return performTxn(member, operation);
  }
}

async function performTxn(
  member: Member,
  operation: Extract<Operation, { type: 'putTwo' | 'cas' }>,
): Promise<Outcome> {
  const { key } = operation;
  const value = Buffer.from(operation.value);
  const keys = operation.type === 'putTwo' ? [key, operation.other] : [key];
  const { revision, succeeded } = await member.txn({
    compare:
      operation.type === 'putTwo'
        ? []
        : [{ key, result: 'equal', target: 'mod', operand: operation.expected }],
    success: keys.map((each) => ({ type: 'put', request: { key: each, value } })),
    failure: [],
  });
  const result = { revision, wrote: succeeded };
  return succeeded ? { result, modRevision: revision } : { result };
}
