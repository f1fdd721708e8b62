import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/support/fake-clock.ts';
import { aPod } from '../test/support/scheduling.ts';
import { HollowRuntime } from './hollow/runtime.ts';
import type { ContainerListener } from './runtime.ts';
import { RuntimesByClass } from './runtimes-by-class.ts';

function node(standard: 'hollow' | 'process', names: readonly ('hollow' | 'process')[]) {
  const clock = new FakeClock();
  const runtimes = Object.fromEntries(
    names.map((name) => [name, new HollowRuntime(clock)]),
  ) as Partial<Record<'hollow' | 'process', HollowRuntime>>;
  return { runtime: new RuntimesByClass({ standard, runtimes }), runtimes };
}

function start(runtime: RuntimesByClass, runtimeClassName?: string) {
  const pod = aPod(runtimeClassName === undefined ? {} : { runtimeClassName });
  const heard: string[] = [];
  const listener: ContainerListener = {
    pulling: () => {},
    waiting: () => {},
    started: () => {},
    unhealthy: () => {},
    ready: () => {},
    running: () => void heard.push('running'),
    event: ({ reason, message }) => void heard.push(`${reason}: ${message}`),
    exited: ({ reason }) => void heard.push(reason),
  };
  runtime.start({ id: 'x', pod, container: pod.spec.containers[0]!, listener });
  return heard;
}

const log = async (runtime: { logs: HollowRuntime['logs'] }): Promise<'has it' | 'has not'> => {
  try {
    const query = { follow: false, signal: new AbortController().signal };
    for await (const _entry of runtime.logs('x', query)) return 'has it';
  } catch {
    // It knows no such container.
  }
  return 'has not';
};

describe('RuntimesByClass', () => {
  it.each([
    [undefined, 'process'],
    ['hollow', 'hollow'],
    ['process', 'process'],
    ['gvisor', 'process'],
  ])('runs a pod of class %s in %s', async (name, expected) => {
    const { runtime, runtimes } = node('process', ['hollow', 'process']);
    expect(start(runtime, name)).toEqual(['running']);
    const other = expected === 'hollow' ? 'process' : 'hollow';
    expect(await log(runtimes[expected as 'hollow']!)).toBe('has it');
    expect(await log(runtimes[other]!)).toBe('has not');
    expect(await log(runtime)).toBe('has it');
  });

  it('runs no process where nobody asked for them', () => {
    const { runtime } = node('hollow', ['hollow']);
    const heard = start(runtime, 'process');
    expect(heard).toEqual([
      'FailedCreatePodSandBox: Failed to create pod sandbox: failed to get sandbox runtime: ' +
        'no runtime for "process" is configured',
    ]);
    runtime.stop('x', 30);
    expect(heard.at(-1)).toBe('ContainerStatusUnknown');
  });

  it('tells the version of the standard one, and ends them all', async () => {
    const { runtime, runtimes } = node('process', ['hollow', 'process']);
    expect(runtime.version).toBe(runtimes.process!.version);
    start(runtime);
    runtime.podGone('uid-pod');
    await runtime.close();
    await expect(runtime.dial('uid-pod', 80, new AbortController().signal)).rejects.toThrow(
      /not running/,
    );
  });
});
