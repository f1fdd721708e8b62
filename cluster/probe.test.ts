import { describe, expect, it } from 'vitest';
import type { Disk } from '../platform/files/disk.ts';
import type { HttpHandler, HttpResponse } from '../platform/net/http.ts';
import { realClock } from '../platform/node/clock.ts';
import { probeAll, type Probing } from './probe.ts';
import type { RunState } from './run-state.ts';

const state: RunState = {
  ...{ mode: 'separate', pid: 1, startedAt: 0, server: 'https://127.0.0.1:6443' },
  components: [
    { name: 'apiserver1', pid: 2, startedAt: 0, restarts: 0, ready: true, address: 'http://one' },
  ],
};

/** Every timer that is set runs out at once: patience has an end, and the test no delay. */
const hurried = {
  ...realClock,
  after: (_ms: number, fn: () => void) => realClock.after(0, fn),
};

const answer = (status: number, text: string): Promise<HttpResponse> =>
  Promise.resolve({
    ...{ status, headers: { 'content-type': 'text/plain' }, body: Buffer.from(text) },
  });
const never = (): Promise<HttpResponse> => new Promise(() => {});

const alive = { isAlive: () => true, isStopped: () => false };
const noFiles = { read: () => Promise.resolve(undefined) } as unknown as Disk;

/** `more.of`: the cluster; default: the one above. */
function probe(
  handler: HttpHandler,
  clock = realClock,
  { of = state, ...more }: Partial<Probing> & { readonly of?: RunState } = {},
) {
  const connect = () => ({ handler, close: () => Promise.resolve() });
  return probeAll(of, { clock, disk: noFiles, dataDir: 'd', connect, ...alive, ...more });
}

describe('probing', () => {
  it('does not take an API server for silent that waits for its store', async () => {
    const [verdict] = await probe(({ path }) => {
      if (path === '/livez/ping') return answer(200, 'ok');
      return path === '/readyz' ? answer(500, '[+]ping ok\n[-]etcd failed\n') : never();
    });
    expect(verdict?.condition).toBe('unready');
    expect(verdict?.says).toContain('apiserver1 is not ready: [-]etcd failed; see');
  });

  it('asks twice before it calls a component silent', async () => {
    let asked = 0;
    const [verdict] = await probe(({ path }) => {
      if (path === '/livez/ping') asked++;
      return never();
    }, hurried);
    expect(asked).toBe(2);
    expect(verdict?.condition).toBe('silent');
    expect(verdict?.says).toContain('apiserver1 does not answer (no answer within 2 s): `wherry');
  });

  it('believes one that answers when asked again', async () => {
    let asked = 0;
    const [verdict] = await probe(
      ({ path }) => (path === '/livez/ping' && asked++ === 0 ? never() : answer(200, 'ok')),
      hurried,
    );
    expect(verdict?.condition).toBe('ready');
  });

  it('blames the machine, not each component, when most do not answer', async () => {
    const [one] = state.components;
    const components = ['apiserver1', 'controllers', 'scheduler'].map((name, i) => {
      return { ...one!, name, pid: 2 + i };
    });
    const all = [...components, { ...one!, name: 'node1', address: undefined }];
    const verdicts = await probe(never, hurried, { of: { ...state, components: all } as RunState });
    const conditions = verdicts.map(({ condition }) => condition);
    expect(conditions).toEqual(['silent', 'silent', 'silent', 'ready']);
    const [first, ...others] = verdicts.map(({ says }) => says);
    expect(first).toContain('most components do not answer in time, so the machine is too busy');
    expect(others).toEqual([undefined, undefined, undefined]);
  });

  it('tells what a component said before it ended', async () => {
    const text = 'error: old\n{"msg":"ready"}\nerror: the disk is full: free some\n';
    const disk = { read: (path: string) => Promise.resolve(Buffer.from(`${path}\n${text}`)) };
    const [one] = state.components;
    const died = (ended: string | undefined, more: object) => ({
      ...state,
      components: [{ ...one!, ...more, ...(ended && { ended }) }],
    });
    const says = async (of: RunState, isAlive: boolean) => {
      const alike = { of, disk: disk as unknown as Disk, isAlive: () => isAlive };
      return (await probe(never, realClock, alike))[0]!.says;
    };
    const starting = { ready: false, restarts: 3 };
    expect(await says(died('exit code 1', starting), true)).toBe(
      'apiserver1 is starting again (restart 3); before, it said: the disk is full: free some',
    );
    expect(await says(died('exit code 1', starting), false)).toBe(
      'apiserver1 has died (exit code 1) and is started again; before, it said: the disk is full: ' +
        'free some',
    );
    expect(await says(died('SIGKILL', { ready: false }), false)).toBe(
      'apiserver1 has died (SIGKILL) and is started again; see `wherry logs apiserver1`',
    );
    expect(await says(died('SIGKILL', {}), false)).toBe(
      'apiserver1 has died and is started again; before, it said: the disk is full: free some',
    );
    expect(await says(died('SIGKILL', starting), true)).toBe(
      'apiserver1 is starting again (restart 3); see `wherry logs apiserver1`',
    );
  });

  it('tells of the process that looks after the others', async () => {
    const well: HttpHandler = () => answer(200, 'ok');
    const [stopped] = (await probe(well, realClock, { isStopped: (pid) => pid === 1 })).slice(1);
    expect(stopped).toMatchObject({
      condition: 'silent',
      component: { name: 'supervisor', pid: 1 },
    });
    expect(stopped!.says).toBe(
      'the process of `wherry up` is stopped, so no client reaches an API server, and what dies is ' +
        'not started again: `kill -CONT 1` lets it go on',
    );
    const connect = (url: string) => ({
      handler: url === state.server ? never : well,
      close: () => Promise.resolve(),
    });
    const [hung] = (await probe(never, hurried, { connect })).slice(1);
    expect(hung!.says).toContain('does not answer, so no client reaches an API server');
    expect(hung!.says).toContain('`kill -9 1`, then `wherry up`');
    const [only] = state.components;
    const alone = { ...state, components: [{ ...only!, address: state.server }] };
    expect(await probe(well, realClock, { of: alone })).toHaveLength(1);
  });
});
