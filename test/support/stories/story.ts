/**
 * Stories: requests that follow upon each other, played on any server of the API. What
 * kube-apiserver 1.34.1 answered to each is kept in `answers.jsonl`, a line for a story.
 */
import { readFileSync } from 'node:fs';
import { comparableUpdate } from '../answers-beside.ts';

type Json = Readonly<Record<string, unknown>>;

export interface Step {
  /** "POST /api/v1/namespaces" */
  readonly ask: string;
  readonly body?: unknown;
  /** Default: JSON, and a merge patch where it is one. */
  readonly type?: string;
  /** The media type that is asked for. Default: JSON. */
  readonly accept?: string;
  /** The user who asks, with groups behind it: "ann,team". Default: an administrator. */
  readonly as?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Later bodies have the answered object's uid where they say `$uid(<this name>)`. */
  readonly keeps?: string;
  /** Asked again until it is answered so: what came before takes effect late. */
  readonly until?: number | ((body: Json) => boolean);
  /** Of an answer that is no refusal, the fields that are compared. Default: all. */
  readonly shows?: readonly string[];
}

export interface Story {
  readonly title: string;
  readonly steps: readonly Step[];
}

export interface Told {
  readonly code: number;
  readonly warnings?: readonly string[];
  readonly body: unknown;
}

/** A request as it is sent. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Answered {
  readonly code: number;
  readonly warnings: readonly string[];
  readonly body: Json;
}

export type Ask = (sent: Sent) => Promise<Answered>;

export const MERGE = 'application/merge-patch+json';
export const APPLY = 'application/apply-patch+yaml';

const WITHIN_MS = 50_000;
const ASK_AGAIN_MS = 20;

/** Setting the scene: what is answered is not compared. */
export const given = (ask: string, body?: unknown): Step => ({ ask, body, shows: [] });

/** Each answer of a story, as far as it is alike on all servers. */
export async function play(ask: Ask, { steps }: Story): Promise<Told[]> {
  const told: Told[] = [];
  const uids = new Map<string, string>();
  for (const step of steps) {
    const answer = await answerTo(ask, { ...step, body: withUids(step.body, uids) });
    if (step.keeps !== undefined)
      uids.set(step.keeps, (answer.body['metadata'] as { uid: string }).uid);
    told.push(toldOf(answer, step));
  }
  return told;
}

function withUids(body: unknown, uids: ReadonlyMap<string, string>): unknown {
  if (body === undefined || uids.size === 0) return body;
  const text = JSON.stringify(body);
  return JSON.parse(text.replace(/\$uid\((\w+)\)/g, (all, name: string) => uids.get(name) ?? all));
}

async function answerTo(ask: Ask, step: Step): Promise<Answered> {
  const { until, body } = step;
  const [method = '', path = ''] = step.ask.split(' ');
  const type = step.type ?? (method === 'PATCH' ? MERGE : 'application/json');
  const accept = step.accept === undefined ? {} : { accept: step.accept };
  const headers = { 'content-type': type, ...accept, ...asUser(step.as), ...step.headers };
  const sent = { method, path, headers, body };
  for (const end = performance.now() + WITHIN_MS; ;) {
    const answer = await ask(sent);
    const isSo =
      typeof until === 'function'
        ? until({ code: answer.code, ...answer.body })
        : until === answer.code;
    if (until === undefined || isSo || performance.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

function asUser(as: string | undefined): Record<string, string> {
  if (as === undefined) return {};
  const [user = '', group] = as.split(',');
  return { 'impersonate-user': user, ...(group && { 'impersonate-group': group }) };
}

function toldOf({ code, warnings, body }: Answered, { shows, body: sent }: Step): Told {
  const comparable = inAnyOrder(comparableUpdate(body, sent ?? {}) as Json);
  const parts =
    code >= 400
      ? withoutRepetition(comparable)
      : shows === undefined
        ? comparable
        : partsOf(comparable, shows);
  return { code, ...(warnings.length > 0 && { warnings }), body: parts };
}

/** Fields of custom objects and their schemas are judged in the order of a map. */
function inAnyOrder(body: Json): Json {
  const { details, causes, message } = body as {
    readonly details?: { readonly group?: string };
    readonly causes?: readonly string[];
    readonly message?: string;
  };
  const ordered = !/apiextensions|story\.example/.test(details?.group ?? '');
  if (message === undefined || ordered || (causes?.length ?? 0) < 2) return body;
  return { ...body, message: message.replace(/ is invalid: .*/s, ' is invalid: …') };
}

/** The message says what its causes say; a masked one leaves it to them. */
function withoutRepetition({ code: _code, causes = [], ...body }: Json): Json {
  if (String(body['message']).endsWith('…')) return { ...body, causes };
  const reasons = (causes as readonly string[]).map((cause) => {
    const { reason, field } = JSON.parse(cause) as { reason?: string; field?: string };
    return `${reason} ${field}`;
  });
  return { ...body, causes: reasons };
}

/** "status.storedVersions" → { "status.storedVersions": ["v1"] } */
const partsOf = (object: Json, paths: readonly string[]): Json =>
  Object.fromEntries(
    paths.map((path) => [
      path,
      path.split('.').reduce((at: unknown, field) => (at as Json | undefined)?.[field], object) ??
        null,
    ]),
  );

const file = new URL('answers.jsonl', import.meta.url);

/** By title. */
export function storyAnswers(): ReadonlyMap<string, readonly Told[]> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => JSON.parse(line) as [string, Told[]]));
}
