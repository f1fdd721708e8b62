/**
 * Asks the parts of a running cluster whether they answer and are ready: what `wherry status`
 * shows, and what `wherry doctor` looks at first. A process that hangs is alive to the operating
 * system and says nothing here.
 */
import { bodyValue } from '../client/response-body.ts';
import type { Clock } from '../platform/clock.ts';
import type { Disk } from '../platform/files/disk.ts';
import type { KnownProcess } from '../platform/node/child-process.ts';
import type { HttpHandler, HttpResponse } from '../platform/net/http.ts';
import { blame, isApiServer, isStore } from './blame.ts';
import { within } from './doctor/finding.ts';
import { lastWords } from './last-words.ts';
import { clusterPaths } from './paths.ts';
import type { ComponentState, RunState } from './run-state.ts';
import type { Verdict } from './verdict.ts';

export interface Probing {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly dataDir: string;
  readonly isAlive: (process: KnownProcess) => boolean;
  /** By a signal, until another. */
  readonly isStopped: (pid: number) => boolean;
  /** With the admin's certificate; components that made their own are believed. */
  readonly connect: (baseUrl: string) => { handler: HttpHandler; close(): Promise<void> };
}

/** A healthy component answers in milliseconds; on a busy machine one may miss this once. */
const PATIENCE_MS = 2_000;
const TIMES = 2;
/** Whether it is ready it may ask others, whom it gives up on first. */
const READY_PATIENCE_MS = 2 * PATIENCE_MS;

/** Most processes do not hang at once. */
const BUSY =
  'most components do not answer in time, so the machine is too busy or was asleep: ask again in ' +
  'a while, and if it stays so, `wherry down` and `wherry up`; nothing acknowledged is lost';

export async function probeAll(state: RunState, probing: Probing): Promise<readonly Verdict[]> {
  const verdicts = await Promise.all(
    state.components.map((component) => verdictOf(component, probing)),
  );
  const silent = verdicts.filter(({ condition }) => condition === 'silent');
  if (state.mode === 'separate') {
    const isMost = silent.length > 1 && silent.length > verdicts.length / 2;
    if (isMost) return silentAlike(blame(verdicts), BUSY);
    return [...blame(verdicts), ...(await supervisor(state, verdicts, probing))];
  }
  if (silent.length === 0) return blame(verdicts);
  const says =
    `the cluster's process does not answer: \`kill -9 ${state.pid}\`, then \`wherry up\`; ` +
    'nothing acknowledged is lost';
  const all = verdicts.map(({ component }): Verdict => ({ component, condition: 'silent' }));
  return silentAlike(all, says);
}

/** What is wrong with the silent ones alike, and what is to be done, is said once. */
function silentAlike(verdicts: readonly Verdict[], says: string): readonly Verdict[] {
  const first = verdicts.find(({ condition }) => condition === 'silent');
  return verdicts.map((verdict) => {
    const { component, condition } = verdict;
    if (condition !== 'silent') return verdict;
    return { component, condition, ...(verdict === first && { says }) };
  });
}

/**
 * The process of `wherry up`, where it is not well: it starts others again, and connections to
 * one of several API servers go through it.
 */
async function supervisor(
  { pid, server, startedAt, components }: RunState,
  verdicts: readonly Verdict[],
  probing: Probing,
): Promise<Verdict[]> {
  const isWay = components.every(({ address }) => address !== server);
  const isStopped = probing.isStopped(pid);
  const serves = verdicts.some((v) => isApiServer(v.component) && v.condition === 'ready');
  const isSilent = isWay && serves && !isStopped && !(await answers(server, probing));
  if (!isStopped && !isSilent) return [];
  const what = isStopped ? 'is stopped' : 'does not answer';
  const so = isWay
    ? 'no client reaches an API server, and what dies is not started again'
    : 'what dies is not started again';
  const todo = isStopped
    ? `\`kill -CONT ${pid}\` lets it go on`
    : `\`kill -9 ${pid}\`, then \`wherry up\`; nothing acknowledged is lost`;
  const component = { name: 'supervisor', pid, startedAt, restarts: 0, ready: true };
  const says = `the process of \`wherry up\` ${what}, so ${so}: ${todo}`;
  return [{ component, condition: 'silent', says }];
}

async function answers(server: string, probing: Probing): Promise<boolean> {
  for (let times = 1; times <= TIMES; times++) {
    const connection = probing.connect(server);
    try {
      await within(probing.clock, PATIENCE_MS, get(connection.handler, '/livez/ping'));
      return true;
    } catch {
      // Once may be chance.
    } finally {
      await connection.close();
    }
  }
  return false;
}

/** Of one that is not there, or not yet again: what it ended with, if it is known. */
async function deathOf(component: ComponentState, probing: Probing): Promise<string> {
  const { name, restarts } = component;
  // While it is said to be ready, nobody has noticed yet: that was another's end.
  const ended = component.ready ? undefined : component.ended;
  const logs = `see \`wherry logs ${name}\``;
  const logFile = clusterPaths(probing.dataDir).logFile(name);
  const said = ended?.startsWith('SIG')
    ? undefined
    : await lastWords(probing.disk, logFile, { atEnd: ended === undefined });
  const cause = said === undefined ? `; ${logs}` : `; before, it said: ${said}`;
  if (probing.isAlive(component)) {
    return `${name} is starting${restarts > 0 ? ` again (restart ${restarts})` : ''}${cause}`;
  }
  const how = ended === undefined ? 'has died' : `has died (${ended})`;
  return `${name} ${how} and is started again${cause}`;
}

async function verdictOf(component: ComponentState, probing: Probing): Promise<Verdict> {
  const { name, ready, address } = component;
  const logs = `see \`wherry logs ${name}\``;
  if (!probing.isAlive(component) || !ready) {
    const condition = probing.isAlive(component) ? 'starting' : 'dead';
    return { component, condition, says: await deathOf(component, probing) };
  }
  // An etcd of somebody else's may want other credentials than ours.
  const endpoint = address?.split(',')[0];
  const foreign = isStore(component) && endpoint?.startsWith('https:') === true;
  if (endpoint === undefined || foreign) return { component, condition: 'ready' };
  for (let times = 1; ; times++) {
    const connection = probing.connect(endpoint);
    try {
      return await ask(component, connection.handler, probing.clock);
    } catch (error) {
      if (times < TIMES) continue;
      const does = `${name} does not answer (${firstLine(error)})`;
      return {
        component,
        condition: 'silent',
        says: `${does}: \`wherry restart ${name}\` replaces its process; ${logs}`,
      };
    } finally {
      await connection.close();
    }
  }
}

async function ask(
  component: ComponentState,
  handler: HttpHandler,
  clock: Clock,
): Promise<Verdict> {
  // Asked side by side: a member without a majority lives, and is long about not being ready. An
  // API server's /livez asks the store, so that a silent member would make it look silent too.
  const [, ready] = await Promise.all([
    within(clock, PATIENCE_MS, get(handler, isStore(component) ? '/livez' : '/livez/ping')),
    within(clock, READY_PATIENCE_MS, get(handler, '/readyz')).catch((error: Error) => error),
  ]);
  const why = ready instanceof Error ? ready.message : await refusal(ready);
  if (why === undefined) return { component, condition: 'ready' };
  const { name } = component;
  return {
    component,
    condition: 'unready',
    says: `${name} is not ready: ${why}; see \`wherry doctor\` and \`wherry logs ${name}\``,
  };
}

const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0]!;

/** Undefined if it is ready, or (a node agent, an etcd of long ago) does not say. */
async function refusal(response: HttpResponse): Promise<string | undefined> {
  const value = await bodyValue(response);
  if (response.status === 200 || response.status === 404) return undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const failing = text.split('\n').filter((line) => line.startsWith('[-]'));
  return failing.join(', ') || `it answers ${response.status}`;
}

function get(handler: HttpHandler, path: string): Promise<HttpResponse> {
  return handler({
    method: 'GET',
    path,
    query: new URLSearchParams(),
    headers: {},
    peer: { address: 'wherry' },
    signal: new AbortController().signal,
  });
}
