import { describe, expect, it } from 'vitest';
import type { HttpHandler, HttpResponse } from '../platform/http.ts';
import { realClock } from '../platform/node/clock.ts';
import { probeAll } from './probe.ts';
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

function probe(handler: HttpHandler, clock = realClock, of = state) {
  const connect = () => ({ handler, close: () => Promise.resolve() });
  return probeAll(of, { clock, isAlive: () => true, connect });
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
    const verdicts = await probe(never, hurried, { ...state, components: all } as RunState);
    const conditions = verdicts.map(({ condition }) => condition);
    expect(conditions).toEqual(['silent', 'silent', 'silent', 'ready']);
    const [first, ...others] = verdicts.map(({ says }) => says);
    expect(first).toContain('most components do not answer in time, so the machine is too busy');
    expect(others).toEqual([undefined, undefined, undefined]);
  });
});
