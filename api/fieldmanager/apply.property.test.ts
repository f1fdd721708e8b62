/**
 * What must hold of any sequence of applies and updates by any managers, whatever they say.
 * The reference: an object is a map from paths to values, and each manager a set of paths.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deepEqual, deepFreeze } from '../deep.ts';
import { definitionOf } from '../schema/table.ts';
import { applyConfiguration, ApplyConflict } from './apply.ts';
import { fieldsOf } from './configuration.ts';
import { EMPTY, pathsOf } from './field-set.ts';
import { type ManagedFields, setOfEntry } from './managers.ts';
import { mergeTypeOf, trackedTypeOf } from './merge-type.ts';
import { ownersAfterUpdate } from './update.ts';
import { inOneVersion } from './versions.ts';

type Json = Readonly<Record<string, unknown>>;

const definition = definitionOf({ group: 'apps', version: 'v1', kind: 'Deployment' })!;
const type = mergeTypeOf(definition);
const tracked = trackedTypeOf(definition);

const value = fc.constantFrom('x', 'y', 'z');
const optional = fc.option(value, { nil: undefined });

/** A part of a Deployment: a scalar, a map, a set, a keyed list in a struct, an atomic list. */
const configurations: fc.Arbitrary<Json> = fc
  .record({
    replicas: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    labels: fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3 }),
    finalizers: fc.uniqueArray(value),
    containers: fc.uniqueArray(
      fc.record({
        name: value,
        image: optional,
        args: fc.option(fc.array(value, { minLength: 1 })),
      }),
      { selector: ({ name }) => name, maxLength: 3 },
    ),
  })
  .map(({ replicas, labels, finalizers, containers }) =>
    pruned({
      metadata: { labels, finalizers },
      spec: { replicas, template: { spec: { containers } } },
    }),
  );

/** Without nothing: as decoding leaves an object. */
function pruned(from: unknown): Json {
  return (cleaned(from) ?? {}) as Json;
}

function cleaned(from: unknown): unknown {
  if (Array.isArray(from)) return from.length === 0 ? undefined : from.map(cleaned);
  if (typeof from !== 'object' || from === null) return from ?? undefined;
  const entries = Object.entries(from).map(([key, child]) => [key, cleaned(child)] as const);
  const kept = entries.filter(([, child]) => child !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

interface State {
  readonly object: Json;
  readonly managed: ManagedFields;
}

interface Step {
  readonly manager: string;
  readonly does: 'apply' | 'force' | 'update';
  readonly to: Json;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    manager: fc.constantFrom('one', 'two', 'three'),
    does: fc.constantFrom('apply', 'force', 'update'),
    to: configurations,
  }),
  { minLength: 1, maxLength: 6 },
);

function run({ object, managed }: State, { manager: name, does, to }: Step, time = ''): State {
  const apiVersion = 'apps/v1';
  if (does === 'update') {
    const manager = { name, operation: 'Update', apiVersion, subresource: '' } as const;
    const write = { type: tracked, live: object, object: to, managed, manager };
    return {
      object: to,
      managed: inOneVersion(ownersAfterUpdate({ ...write, ignored: EMPTY, time })),
    };
  }
  const manager = { name, operation: 'Apply', apiVersion, subresource: '' } as const;
  const live = managed.length === 0 && Object.keys(object).length === 0 ? undefined : object;
  const steps = applyConfiguration({
    ...{ type, tracked, live, managed, configuration: to, manager },
    ...{ force: does === 'force', ignored: EMPTY, time },
  });
  const result = inOneVersion(steps);
  return deepFreeze({ object: pruned(result.object), managed: result.managed });
}

/** Runs the steps; a conflict leaves everything as it was. `each` looks at what a step did. */
function play(all: readonly Step[], each: (before: State, step: Step, after: State) => void): void {
  let state: State = deepFreeze({ object: {}, managed: [] });
  for (const [index, step] of all.entries()) {
    try {
      const after = deepFreeze(run(state, step, `2026-01-01T00:00:0${index}Z`));
      each(state, step, after);
      state = after;
    } catch (error) {
      if (!(error instanceof ApplyConflict) || step.does !== 'apply') throw error;
    }
  }
}

const own = (state: State, step: Step): Set<string> => {
  const operation = step.does === 'update' ? 'Update' : 'Apply';
  const entry = state.managed.find((e) => e.manager === step.manager && e.operation === operation);
  return paths(entry === undefined ? EMPTY : setOfEntry(entry));
};
const paths = (set: object): Set<string> =>
  new Set(pathsOf(set as never).map((path) => path.join('\n')));
const present = (object: Json): Set<string> => paths(fieldsOf(tracked, object));
const others = (state: State, step: Step): Set<string> => {
  const rest = state.managed.filter(
    (e) => e.manager !== step.manager || (e.operation === 'Apply') === (step.does === 'update'),
  );
  return new Set(rest.flatMap((entry) => [...paths(setOfEntry(entry))]));
};

it('an apply owns what it says, and says it again without effect', () => {
  fc.assert(
    fc.property(steps, (all) =>
      play(all, (_before, step, after) => {
        if (step.does === 'update') return;
        expect(own(after, step)).toEqual(paths(fieldsOf(tracked, step.to)));
        expect(run(after, step, 'later')).toEqual(after);
      }),
    ),
    { numRuns: 150 },
  );
});

it('what an applier gives up goes, unless somebody else has it', () => {
  fc.assert(
    fc.property(steps, (all) =>
      play(all, (before, step, after) => {
        if (step.does === 'update') return;
        const said = present(step.to);
        const kept = others(before, step);
        const there = present(after.object);
        for (const path of own(before, step)) {
          if (!said.has(path) && !kept.has(path)) expect(there).not.toContain(path);
        }
      }),
    ),
    { numRuns: 150 },
  );
});

it('an apply has its values, and leaves alone what others own and it does not say', () => {
  fc.assert(
    fc.property(steps, (all) =>
      play(all, (before, step, after) => {
        if (step.does === 'update') return;
        // Laying the configuration over the outcome once more changes nothing.
        const again = run(after, { ...step, does: 'force' });
        expect(deepEqual(again.object, after.object)).toBe(true);
        const there = present(after.object);
        const was = present(before.object);
        const items = [...own(before, step)].filter((path) => !present(step.to).has(path));
        for (const path of others(before, step)) {
          const goesAlong = items.some((item) => path.startsWith(`${item}\n`));
          if (was.has(path) && !goesAlong) expect(there).toContain(path);
        }
      }),
    ),
    { numRuns: 150 },
  );
});

it('nobody owns what is not there, and nothing changes without its new owner', () => {
  fc.assert(
    fc.property(steps, (all) =>
      play(all, (before, step, after) => {
        for (const { fieldsV1 } of after.managed)
          expect(Object.keys(fieldsV1 ?? {})).not.toEqual([]);
        const there = present(after.object);
        // Shells are no fields of a configuration, and a container's resources are always there.
        const leaves = (set: Set<string>) =>
          [...set].filter(
            (path) =>
              !path.endsWith('f:resources') &&
              ![...set].some((other) => other.startsWith(`${path}\n`)),
          );
        for (const entry of after.managed) {
          for (const path of leaves(paths(setOfEntry(entry)))) {
            const isThere = [...there].some((p) => p === path || p.startsWith(`${path}\n`));
            expect(isThere, path).toBe(true);
          }
        }
        if (deepEqual(before.object, after.object) && step.does === 'update') {
          expect(after.managed).toBe(before.managed);
        }
      }),
    ),
    { numRuns: 150 },
  );
});

it('without force either nobody loses a field or nothing happens', () => {
  fc.assert(
    fc.property(steps, (all) =>
      play(all, (before, step, after) => {
        if (step.does !== 'apply') return;
        const there = present(after.object);
        const lost = [...others(before, step)].filter((path) => !others(after, step).has(path));
        for (const path of lost) expect(there).not.toContain(path);
      }),
    ),
    { numRuns: 150 },
  );
});
