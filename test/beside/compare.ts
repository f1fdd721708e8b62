/** Plays scenarios in two worlds at once, and compares what has become of them. */
import { expect, test, vi } from 'vitest';
import { differences, unjustified } from './differences.ts';
import { justified } from './justified.ts';
import { Place } from './place.ts';
import { record, type Recorded } from './record.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

const SCENARIO_MS = 600_000;
/** Until what is told last is there too: events wait while the server is busy. */
const LATE_MS = 240_000;

export interface Worlds {
  /** With Kubernetes' own component. */
  readonly theirs: World;
  readonly ours: World;
}

/** A test for each scenario; they wait more than they work, so several run at once. */
export function compare(worlds: () => Worlds, scenarios: readonly Scenario[]): void {
  vi.setConfig({ maxConcurrency: 8 });
  test.concurrent.each(scenarios.map((each, i) => [each.name, `scenario-${i}`, each] as const))(
    '%s',
    async (name, namespace, scenario) => {
      const { theirs, ours } = worlds();
      const played = await Promise.all([
        play(theirs, namespace, scenario),
        play(ours, namespace, scenario),
      ]);
      const differing = async (): Promise<readonly string[]> => {
        const [expected, actual] = await Promise.all(played.map((outcome) => outcome()));
        return unjustified(name, differences(expected!, actual!), justified);
      };
      const until = performance.now() + LATE_MS;
      let last = await differing();
      while (last.length > 0 && performance.now() < until) last = await differing();
      expect(last).toEqual([]);
    },
    SCENARIO_MS,
  );
}

/** Yields what has become of it when asked: events may be late. */
async function play(
  world: World,
  namespace: string,
  scenario: Scenario,
): Promise<() => Promise<Recorded>> {
  const at = await Place.make(world, namespace);
  await scenario.run(at);
  const also = (scenario.also ?? []).map((key) => key.replaceAll('NAMESPACE', at.namespace));
  return () => record(at, { also });
}
