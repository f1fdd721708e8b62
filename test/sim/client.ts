/** A client that does one thing after another, at whichever member answers, and keeps the book. */
import { StoreError } from '../../store/kv.ts';
import type { Member } from '../../store/server/interface.ts';
import type { Observation, Operation } from './history.ts';
import type { Flaw } from './machine.ts';
import type { SeededRandom, SimTime } from './time.ts';

const KEYS = ['a', 'b', 'c'];
/** A client gives up on an answer after this time. */
const PATIENCE_MS = 3000;

export interface ClientParts {
  readonly id: number;
  readonly time: SimTime;
  readonly random: SeededRandom;
  readonly flaw: Flaw | undefined;
  /** Members that run. */
  readonly members: () => readonly Member[];
  readonly observations: Observation[];
  readonly done: () => boolean;
}

/** Refusals that tell: nothing was done. */
const definite: readonly string[] = ['noSpace', 'tooManyRequests', 'notSupportedForLearner'];

export async function runClient(parts: ClientParts): Promise<void> {
  const { id, time, random } = parts;
  const revisions = new Map<string, number>();
  for (let n = 0; !parts.done(); n++) {
    await time.sleep(random.between(1, 60));
    const members = parts.members();
    if (members.length === 0 || parts.done()) continue;
    const operation = nextOperation(random, `${id}.${n}`, revisions);
    const began = time.now;
    const outcome = await Promise.race([
      perform(random.pick(members), operation, parts.flaw).catch((error: unknown) => {
        if (error instanceof StoreError)
          return definite.includes(error.reason) ? 'failed' : 'unknown';
        throw error;
      }),
      time.sleep(PATIENCE_MS).then(() => 'unknown' as const),
    ]);
    if (outcome === 'failed') continue;
    const base = { client: id, operation, began };
    if (outcome === 'unknown') parts.observations.push({ ...base, ended: Infinity });
    else {
      parts.observations.push({ ...base, ended: time.now, result: outcome.result });
      if (outcome.modRevision !== undefined) revisions.set(operation.key, outcome.modRevision);
    }
  }
}

function nextOperation(
  random: SeededRandom,
  value: string,
  revisions: ReadonlyMap<string, number>,
): Operation {
  const key = random.pick(KEYS);
  switch (random.below(8)) {
    case 0:
      return { type: 'delete', key };
    case 1:
    case 2:
      return { type: 'cas', key, expected: revisions.get(key) ?? 0, value };
    case 3:
    case 4:
      return { type: 'put', key, value };
    default:
      return { type: 'get', key };
  }
}

interface Outcome {
  readonly result: NonNullable<Observation['result']>;
  /** Of the key, if it became known. */
  readonly modRevision?: number;
}

async function perform(
  member: Member,
  operation: Operation,
  flaw: Flaw | undefined,
): Promise<Outcome> {
  const { key } = operation;
  if (operation.type === 'get') {
    const read = await member.range({ key, serializable: flaw === 'skipReadIndex' });
    const [kv] = read.kvs;
    const value = kv === undefined ? undefined : Buffer.from(kv.value).toString();
    const result = { revision: read.revision, wrote: false, value };
    return { result, modRevision: kv?.modRevision ?? 0 };
  }
  if (operation.type === 'delete') {
    const { revision, deleted } = await member.deleteRange({ key });
    return { result: { revision, wrote: deleted > 0 }, modRevision: 0 };
  }
  const request = { key, value: Buffer.from(operation.value) };
  if (operation.type === 'put') {
    const { revision } = await member.put(request);
    return { result: { revision, wrote: true }, modRevision: revision };
  }
  const compare = { key, result: 'equal', target: 'mod', operand: operation.expected } as const;
  const { revision, succeeded } = await member.txn({
    compare: [compare],
    success: [{ type: 'put', request }],
    failure: [],
  });
  const result = { revision, wrote: succeeded };
  return succeeded ? { result, modRevision: revision } : { result };
}
