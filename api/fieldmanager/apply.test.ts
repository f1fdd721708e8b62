/**
 * Cases of KEP-555 and of the documentation page on server-side apply, told as transcripts: who
 * did what, and what the object and its owners are after it.
 */
import { describe, expect, it } from 'vitest';
import { definitionOf } from '../schema/table.ts';
import { deepFreeze } from '../deep.ts';
import { applyConfiguration, ApplyConflict } from './apply.ts';
import { compare } from './compare.ts';
import { conflictStatus } from './conflict-status.ts';
import { EMPTY, pathsOf } from './field-set.ts';
import { type ManagedFields, type Manager, setOfEntry } from './managers.ts';
import { mergeTypeOf, trackedTypeOf } from './merge-type.ts';
import { printPath } from './path-element.ts';
import { ownersAfterUpdate } from './update.ts';
import { inOneVersion } from './versions.ts';

type Json = Record<string, unknown>;

const kinds = {
  deployment: { group: 'apps', version: 'v1', kind: 'Deployment' },
  map: { group: '', version: 'v1', kind: 'ConfigMap' },
  service: { group: '', version: 'v1', kind: 'Service' },
};

/** An object in the hands of several managers. */
class Scene {
  readonly #kind: keyof typeof kinds;
  object: Json | undefined;
  managed: ManagedFields = [];
  #second = 0;

  constructor(kind: keyof typeof kinds) {
    this.#kind = kind;
  }

  apply(name: string, configuration: Json, force = false): this {
    const { type, tracked } = this.#types();
    const steps = applyConfiguration({
      ...{ type, tracked, live: this.object, managed: this.managed, configuration, force },
      manager: this.#manager(name, 'Apply'),
      ignored: EMPTY,
      time: this.#time(),
    });
    const result = inOneVersion(steps);
    this.object = clean(result.object) as Json;
    this.managed = deepFreeze(result.managed);
    return this;
  }

  update(name: string, change: (object: Json) => Json): this {
    const object = change(structuredClone(this.object ?? {}));
    const steps = ownersAfterUpdate({
      type: this.#types().tracked,
      live: this.object ?? {},
      ...{ object, managed: this.managed, ignored: EMPTY, time: this.#time() },
      manager: this.#manager(name, 'Update'),
    });
    this.managed = inOneVersion(steps);
    this.object = deepFreeze(object);
    return this;
  }

  /** The message of the conflict that applying meets. */
  conflict(name: string, configuration: Json): string {
    try {
      this.apply(name, configuration);
    } catch (error) {
      if (error instanceof ApplyConflict) return conflictStatus(error).message;
      throw error;
    }
    throw new Error('no conflict');
  }

  owners(): Record<string, string[]> {
    return Object.fromEntries(
      this.managed.map((entry) => [
        `${entry.manager} ${entry.operation}`,
        pathsOf(setOfEntry(entry)).map(printPath),
      ]),
    );
  }

  #types() {
    const definition = definitionOf(kinds[this.#kind])!;
    return { type: mergeTypeOf(definition), tracked: trackedTypeOf(definition) };
  }

  #manager(name: string, operation: Manager['operation']): Manager {
    const { group, version } = kinds[this.#kind];
    return {
      name,
      operation,
      apiVersion: group ? `${group}/${version}` : version,
      subresource: '',
    };
  }

  #time(): string {
    return `2026-01-01T00:00:${String(this.#second++).padStart(2, '0')}Z`;
  }
}

/** What decoding drops: nulls, and lists and maps with nothing in them. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return deepFreeze(value.map(clean));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, child]) => [key, clean(child)] as const)
    .filter(([, child]) => child !== null && child !== undefined);
  return deepFreeze(Object.fromEntries(kept));
}

const containers = (...names: readonly (string | Json)[]): Json => ({
  spec: {
    template: {
      spec: { containers: names.map((n) => (typeof n === 'string' ? { name: n } : n)) },
    },
  },
});

function containersOf(scene: Scene): unknown {
  const { spec } = scene.object as { spec?: { template?: { spec?: { containers?: unknown } } } };
  return spec?.template?.spec?.containers;
}

const C = '.spec.template.spec.containers';

describe('ownership', () => {
  it('is of the leaves that a configuration has', () => {
    const scene = new Scene('deployment').apply('one', {
      metadata: { name: 'x', labels: { app: 'a' } },
      spec: { replicas: 1, selector: { matchLabels: { app: 'a' } } },
    });
    expect(scene.owners()).toEqual({
      'one Apply': ['.metadata.labels.app', '.spec.replicas', '.spec.selector'],
    });
  });

  it('is of all that an update changes, and of the shells it makes', () => {
    const scene = new Scene('deployment').update('one', () => ({
      metadata: { name: 'x', labels: { app: 'a' } },
      spec: { strategy: { rollingUpdate: { maxSurge: 1 } } },
    }));
    expect(scene.owners()).toEqual({
      'one Update': [
        '.metadata.labels',
        '.metadata.labels.app',
        '.spec.strategy.rollingUpdate',
        '.spec.strategy.rollingUpdate.maxSurge',
      ],
    });
  });

  it('is shared by who applies the same value', () => {
    const scene = new Scene('map').apply('one', { data: { k: 'v' } });
    scene.apply('two', { data: { k: 'v' } });
    expect(scene.owners()).toEqual({ 'one Apply': ['.data.k'], 'two Apply': ['.data.k'] });
  });

  it('goes to who updates', () => {
    const scene = new Scene('map').apply('one', { data: { k: 'v', l: 'w' } });
    scene.update('two', (object) => ({ ...object, data: { k: 'other', l: 'w' } }));
    expect(scene.owners()).toEqual({ 'one Apply': ['.data.l'], 'two Update': ['.data.k'] });
  });

  it('ends with the field', () => {
    const scene = new Scene('map').apply('one', { data: { k: 'v', l: 'w' } });
    scene.update('two', (object) => ({ ...object, data: { l: 'w' } }));
    expect(scene.owners()).toEqual({ 'one Apply': ['.data.l'] });
  });

  it('is kept by time of the last change, and folded for the oldest of many', () => {
    const scene = new Scene('map').update('u0', () => ({ data: { u0: 'x' } }));
    for (let i = 1; i <= 11; i++) {
      scene.update(`u${i}`, (object) => ({
        data: { ...(object['data'] as Json), [`u${i}`]: 'x' },
      }));
    }
    const names = scene.managed.map(({ manager }) => manager);
    expect(names).toEqual([
      'ancient-changes',
      ...[3, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => `u${i}`),
    ]);
    expect(scene.owners()['ancient-changes Update']).toEqual([
      '.data',
      '.data.u0',
      '.data.u1',
      '.data.u2',
    ]);
  });
});

describe('lists', () => {
  it('merge by key, and lose what their owner leaves out', () => {
    const scene = new Scene('deployment').apply('one', containers('a', 'b', 'c'));
    scene.apply('two', containers('c', 'd')).apply('one', containers('a'));
    expect(containersOf(scene)).toEqual([{ name: 'a' }, { name: 'c' }, { name: 'd' }]);
    expect(scene.owners()).toEqual({
      'one Apply': [`${C}[name="a"]`, `${C}[name="a"].name`],
      'two Apply': [
        `${C}[name="c"]`,
        `${C}[name="d"]`,
        `${C}[name="c"].name`,
        `${C}[name="d"].name`,
      ],
    });
  });

  it.each([
    [
      ['a', 'b', 'c'],
      ['c', 'a'],
      ['b', 'c', 'a'],
    ],
    [
      ['a', 'b'],
      ['x', 'b'],
      ['a', 'x', 'b'],
    ],
    [
      ['a', 'b', 'c', 'd'],
      ['d', 'b'],
      ['a', 'c', 'd', 'b'],
    ],
    [[], ['b', 'a'], ['b', 'a']],
  ])('%s with %s applied are %s', (live, applied, expected) => {
    const scene = new Scene('deployment').update('old', () => containers(...live));
    scene.apply('one', containers(...applied));
    expect(containersOf(scene)).toEqual(expected.map((name) => ({ name })));
  });

  it('fill absent keys with the defaults', () => {
    const scene = new Scene('service').update('u', () => ({
      spec: { ports: [{ port: 80, protocol: 'TCP', nodePort: 1 }] },
    }));
    scene.apply('one', { spec: { ports: [{ port: 80, name: 'http' }] } });
    expect(scene.object).toEqual({
      spec: { ports: [{ port: 80, protocol: 'TCP', nodePort: 1, name: 'http' }] },
    });
    expect(scene.owners()['one Apply']).toContain('.spec.ports[port=80,protocol="TCP"].name');
  });

  it('are sets of values where the schema says so', () => {
    const scene = new Scene('map').apply('one', { metadata: { finalizers: ['a/x', 'b/x'] } });
    scene.apply('two', { metadata: { finalizers: ['c/x', 'b/x'] } });
    scene.apply('one', { metadata: { finalizers: ['a/x'] } });
    expect(scene.object).toEqual({ metadata: { finalizers: ['a/x', 'c/x', 'b/x'] } });
    expect(scene.owners()).toEqual({
      'one Apply': ['.metadata.finalizers[="a/x"]'],
      'two Apply': ['.metadata.finalizers[="b/x"]', '.metadata.finalizers[="c/x"]'],
    });
  });

  it('are whole where it says nothing', () => {
    const args = (...list: readonly string[]) => containers({ name: 'a', args: list });
    const scene = new Scene('deployment').apply('one', args('x'));
    expect(scene.conflict('two', args('y'))).toBe(
      `Apply failed with 1 conflict: conflict with "one": ${C}[name="a"].args`,
    );
    scene.apply('two', args('y'), true);
    expect(containersOf(scene)).toEqual([{ name: 'a', args: ['y'] }]);
  });
});

describe('nulls', () => {
  it('belong to who set them, whoever writes next', () => {
    const changed = compare(
      trackedTypeOf(definitionOf(kinds.map)!),
      { data: null },
      { data: null, binaryData: { a: '' } },
    );
    expect(changed.added).not.toHaveProperty('f:data');
    expect(changed.added).toHaveProperty('f:binaryData');
  });
});

describe('removal', () => {
  it('takes what the owner leaves out, with its shell', () => {
    const scene = new Scene('deployment').apply('one', {
      metadata: { labels: { a: '1' }, annotations: { b: '2' } },
      spec: { paused: true },
    });
    scene.apply('one', { metadata: { labels: { a: '1' } } });
    expect(scene.object).toEqual({ metadata: { labels: { a: '1' } } });
  });

  it('leaves what somebody else owns too', () => {
    const scene = new Scene('map').apply('one', { data: { k: 'v' } });
    scene.apply('two', { data: { k: 'v' } }).apply('one', {});
    expect(scene.object).toEqual({ data: { k: 'v' } });
    expect(scene.owners()).toEqual({ 'two Apply': ['.data.k'] });
    expect(scene.apply('two', {}).object).toEqual({});
  });

  it('leaves what nobody owned', () => {
    const scene = new Scene('map').apply('one', { data: { k: 'v' } });
    scene.update('two', (object) => ({ ...object, data: { k: 'v', l: 'w' } }));
    expect(scene.apply('one', {}).object).toEqual({ data: { l: 'w' } });
  });

  it('takes an item that nobody else has, with what others have in it', () => {
    const scene = new Scene('deployment').apply('one', containers('a', 'b'));
    scene.update('two', () => containers({ name: 'a', image: 'i' }, 'b'));
    scene.apply('one', containers('b'));
    expect(containersOf(scene)).toEqual([{ name: 'b' }]);
    expect(Object.keys(scene.owners())).toEqual(['one Apply']);
  });

  it('leaves an item that somebody else has too', () => {
    const scene = new Scene('deployment').apply('one', containers({ name: 'a', image: 'i' }, 'b'));
    scene.apply('two', containers('a')).apply('one', containers('b'));
    expect(containersOf(scene)).toEqual([{ name: 'a' }, { name: 'b' }]);
  });

  it('keeps what the server filled in for somebody else', () => {
    const scene = new Scene('deployment').apply('one', { spec: { paused: true, replicas: 2 } });
    scene.apply('one', { spec: { paused: true } });
    expect(scene.object).toEqual({ spec: { paused: true } });
  });
});

describe('conflicts', () => {
  const owned = (): Scene =>
    new Scene('deployment')
      .apply('one', { spec: { replicas: 1, paused: true } })
      .update('two', (object) => ({ ...object, metadata: { labels: { a: 'x' } } }));

  it('name the other manager and the field', () => {
    expect(owned().conflict('three', { spec: { replicas: 2 } })).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.replicas',
    );
    expect(owned().conflict('three', { metadata: { labels: { a: 'y' } } })).toBe(
      'Apply failed with 1 conflict: conflict with "two" using apps/v1: .metadata.labels.a',
    );
  });

  it('are listed by manager', () => {
    const all = { metadata: { labels: { a: 'y' } }, spec: { replicas: 2, paused: false } };
    expect(owned().conflict('three', all)).toBe(
      'Apply failed with 3 conflicts: conflicts with "one":\n- .spec.paused\n- .spec.replicas\n' +
        'conflicts with "two" using apps/v1:\n- .metadata.labels.a',
    );
  });

  it('change nothing', () => {
    const scene = owned();
    const { object, managed } = scene;
    scene.conflict('three', { spec: { replicas: 2 } });
    expect([scene.object, scene.managed]).toEqual([object, managed]);
  });

  it('are won by force', () => {
    const scene = owned().apply('three', { spec: { replicas: 2 } }, true);
    expect(scene.object).toMatchObject({ spec: { replicas: 2, paused: true } });
    expect(scene.owners()).toMatchObject({
      'one Apply': ['.spec.paused'],
      'three Apply': ['.spec.replicas'],
    });
  });

  it('are avoided by giving the field up', () => {
    const scene = owned().apply('one', { spec: { paused: true } });
    expect(scene.apply('three', { spec: { replicas: 5 } }).object).toMatchObject({
      spec: { replicas: 5 },
    });
  });

  it('are none for a manager with itself, though not for its updates', () => {
    const scene = owned().apply('one', { spec: { replicas: 3 } });
    scene.update('one', (object) => ({ ...object, spec: { replicas: 4 } }));
    expect(scene.conflict('one', { spec: { replicas: 5 } })).toBe(
      'Apply failed with 1 conflict: conflict with "one" using apps/v1: .spec.replicas',
    );
  });
});

describe('the first apply', () => {
  it('finds an owner for what was there', () => {
    const scene = new Scene('map');
    scene.object = deepFreeze({ data: { k: 'v', l: 'w' } });
    expect(scene.conflict('one', { data: { k: 'x' } })).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k',
    );
    scene.apply('one', { data: { k: 'x' } }, true);
    expect(scene.owners()).toEqual({
      'one Apply': ['.data.k'],
      'before-first-apply Update': ['.data', '.data.l'],
    });
  });
});

describe('moving on from client-side apply', () => {
  const last = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', annotations: {} },
    data: { k: 'v', l: 'w' },
  });
  const annotated = (data: Json): Json => ({
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': last } },
    data,
  });

  it('lets kubectl change what it applied itself', () => {
    const scene = new Scene('map').update('kubectl-client-side-apply', () =>
      annotated({ k: 'v', l: 'w' }),
    );
    scene.apply('kubectl', { data: { k: 'new', l: 'w' } });
    expect(scene.object).toMatchObject({ data: { k: 'new', l: 'w' } });
    expect(scene.owners()['kubectl Apply']).toEqual(['.data.k', '.data.l']);
  });

  it('does not let it change what others changed since', () => {
    const scene = new Scene('map').update('other', () => annotated({ k: 'theirs', l: 'w' }));
    expect(scene.conflict('kubectl', { data: { k: 'new', l: 'new' } })).toBe(
      'Apply failed with 1 conflict: conflict with "other" using v1: .data.k',
    );
  });

  it('makes no difference to other managers', () => {
    const scene = new Scene('map').update('kubectl-client-side-apply', () =>
      annotated({ k: 'v', l: 'w' }),
    );
    expect(scene.conflict('tool', { data: { k: 'new' } })).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.k',
    );
  });
});
