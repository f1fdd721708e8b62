import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../deep.ts';
import { definitionOf } from '../schema/table.ts';
import { StatusError } from '../status.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';
import { threeWayMerge } from './three-way-merge.ts';

const deployment = { group: 'apps', version: 'v1', kind: 'Deployment' };
const pod = { group: '', version: 'v1', kind: 'Pod' };

type Doc = Record<string, unknown>;
const apply = (document: Doc, patch: unknown, kind = pod): Doc =>
  applyStrategicMergePatch(definitionOf(kind)!, deepFreeze(document), deepFreeze(patch));
const failure = (document: Doc, patch: unknown, kind = pod): StatusError => {
  try {
    apply(document, patch, kind);
  } catch (error) {
    if (error instanceof StatusError) return error;
  }
  throw new Error('it applied');
};
const rejected = 'the server rejected our request due to an error in our request';
const containers = (...list: unknown[]): Doc => ({ spec: { containers: list } });
const named = (...names: string[]): { name: string }[] => names.map((name) => ({ name }));

describe('applyStrategicMergePatch', () => {
  it('merges objects and replaces atomic lists', () => {
    const document = {
      metadata: { labels: { a: '1', b: '2' } },
      spec: { tolerations: [{ key: 'a' }] },
    };
    const patch = {
      metadata: { labels: { b: null, c: '3' } },
      spec: { tolerations: [{ key: 'b' }] },
    };
    expect(apply(document, patch)).toEqual({
      metadata: { labels: { a: '1', c: '3' } },
      spec: { tolerations: [{ key: 'b' }] },
    });
  });

  it('merges lists by key: changes, keeps, appends', () => {
    const patch = containers(
      { name: 'b', image: 'new', env: [{ name: 'X', value: '1' }] },
      { name: 'c' },
    );
    const document = containers({ name: 'a', image: 'x' }, { name: 'b', image: 'old', tty: true });
    expect(apply(document, patch)).toEqual(
      containers(
        { name: 'a', image: 'x' },
        { name: 'b', image: 'new', tty: true, env: [{ name: 'X', value: '1' }] },
        { name: 'c' },
      ),
    );
  });

  it('deletes and replaces list elements by directive', () => {
    const document = containers(...named('a', 'b', 'c'));
    expect(apply(document, containers({ name: 'b', $patch: 'delete' }))).toEqual(
      containers(...named('a', 'c')),
    );
    expect(apply(document, containers({ name: 'z' }, { $patch: 'replace' }))).toEqual(
      containers({ name: 'z' }),
    );
  });

  it('replaces and deletes objects by directive', () => {
    const document = { spec: { securityContext: { runAsUser: 1, fsGroup: 2 } } };
    expect(
      apply(document, { spec: { securityContext: { $patch: 'replace', fsGroup: 3 } } }),
    ).toEqual({
      spec: { securityContext: { fsGroup: 3 } },
    });
    expect(apply(document, { spec: { securityContext: { $patch: 'delete' } } })).toEqual({
      spec: { securityContext: {} },
    });
    expect(apply({ spec: {} }, { spec: { securityContext: { $patch: 'delete' } } })).toEqual({
      spec: {},
    });
  });

  it('orders lists as told, others keeping their place', () => {
    const document = containers(...named('live1', 'a', 'b', 'live2'));
    const patch = {
      spec: {
        '$setElementOrder/containers': named('c', 'b', 'a'),
        containers: [{ name: 'c' }, { name: 'a', image: 'x' }],
      },
    };
    expect(apply(document, patch)).toEqual(
      containers(
        { name: 'c' },
        { name: 'live1' },
        { name: 'b' },
        { name: 'a', image: 'x' },
        { name: 'live2' },
      ),
    );
    expect(apply(document, { spec: { '$setElementOrder/containers': named('b', 'a') } })).toEqual(
      containers(...named('live1', 'b', 'a', 'live2')),
    );
  });

  it('adds to, deletes from and orders lists of scalars', () => {
    const document = { metadata: { finalizers: ['a/x', 'b/x', 'c/x'] } };
    expect(
      apply(document, {
        metadata: {
          '$deleteFromPrimitiveList/finalizers': ['b/x'],
          '$setElementOrder/finalizers': ['d/x', 'c/x'],
          finalizers: ['d/x'],
        },
      }),
    ).toEqual({ metadata: { finalizers: ['d/x', 'a/x', 'c/x'] } });
  });

  it('retains only the keys told', () => {
    const document = {
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(apply(document, patch, deployment)).toEqual({
      spec: { strategy: { type: 'Recreate' } },
    });
  });

  it('leaves no directive and no null behind in what it adds', () => {
    const added = {
      spec: {
        containers: [{ name: 'a', image: null, '$setElementOrder/env': [], $retainKeys: ['name'] }],
        initContainers: [{ name: 'b', $patch: 'delete' }],
      },
    };
    expect(apply({}, added)).toEqual({ spec: { containers: [{ name: 'a' }], initContainers: [] } });
  });

  it.each<[Doc, number, string]>([
    [
      containers({ image: 'x' }),
      500,
      'map: map[image:x] does not contain declared merge key: name',
    ],
    [containers({ name: 'a', $patch: 'zap' }), 500, 'unknown patch type: zap in map: '],
    [containers({ name: 'a' }, 'b'), 500, 'list element types are not identical: '],
    [containers(['a']), 422, rejected],
    [
      { spec: { '$setElementOrder/containers': 'a' } },
      500,
      'expected a []interface {}, but received a string',
    ],
    [
      { spec: { '$setElementOrder/containers': named('a'), containers: named('b') } },
      500,
      "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    ],
    [
      { metadata: { '$deleteFromPrimitiveList/finalizers': 'a' } },
      400,
      'invalid patch format of primitive list',
    ],
    [{ spec: { $retainKeys: 'a' } }, 400, 'invalid patch format of retainKeys'],
    [{ spec: { $retainKeys: ['a'], b: 1 } }, 422, rejected],
  ])('refuses %j with %i', (patch, code, message) => {
    const document = { metadata: { finalizers: ['a'] }, ...containers({ name: 'a' }) };
    const error = failure(document, patch);
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
  });
});

/** Deployments with everything that merges in a way of its own. */
const name = fc.constantFrom('a', 'b', 'c', 'd');
const text = fc.constantFrom('x', 'y', 'z');
const optional = { requiredKeys: [] as [] };
const keyed = (key: string, value: fc.Arbitrary<object>): fc.Arbitrary<unknown[]> =>
  fc
    .uniqueArray(name, { maxLength: 4 })
    .chain((names) =>
      fc
        .tuple(...names.map(() => value))
        .map((values) => values.map((v, i) => ({ [key]: names[i], ...v }))),
    );
const container = fc.record(
  {
    image: text,
    args: fc.array(text, { maxLength: 2 }),
    env: keyed('name', fc.record({ value: text }, optional)),
    volumeMounts: keyed('mountPath', fc.record({ name: text }, optional)),
  },
  optional,
);
const volume = fc.oneof(
  fc.record({ emptyDir: fc.record({ medium: text }, optional) }),
  fc.record({ hostPath: fc.record({ path: text }) }),
);
const deployments = fc.record(
  {
    metadata: fc.record(
      {
        labels: fc.dictionary(name, text, { noNullPrototype: true }),
        finalizers: fc.uniqueArray(text),
      },
      optional,
    ),
    spec: fc.record(
      {
        replicas: fc.nat(3),
        strategy: fc.oneof(
          fc.record({ type: fc.constant('Recreate') }),
          fc.record({ rollingUpdate: fc.record({ maxSurge: fc.nat(3) }) }),
        ),
        template: fc.record({
          spec: fc.record(
            { containers: keyed('name', container), volumes: keyed('name', volume) },
            optional,
          ),
        }),
      },
      optional,
    ),
  },
  optional,
);

describe('threeWayMerge', () => {
  const patchBetween = (original: object, modified: object) =>
    threeWayMerge({ original, modified, current: original, type: deployment }).patch;

  it('leads from one object to the other', () => {
    fc.assert(
      fc.property(deployments, deployments, (from, to) => {
        const patch = patchBetween(deepFreeze(from), deepFreeze(to));
        expect(apply(from as Doc, patch, deployment)).toEqual(to);
      }),
      { numRuns: 1000 },
    );
  });

  it('is empty between equal objects', () => {
    fc.assert(
      fc.property(deployments, (object) => {
        expect(patchBetween(object, object)).toEqual({});
      }),
    );
  });

  it('changes what the manifest says and takes out what it no longer says', () => {
    fc.assert(
      fc.property(deployments, deployments, (original, modified) => {
        const current = { ...(original as Doc), status: { replicas: 7 } };
        const { patch } = threeWayMerge({ original, modified, current, type: deployment });
        expect(apply(current, patch, deployment)).toEqual({
          ...modified,
          status: { replicas: 7 },
        });
      }),
    );
  });

  it('leaves alone what others added, in objects and in lists', () => {
    const original = containers({ name: 'a', image: 'x', env: named('gone') });
    const modified = containers({ name: 'a', image: 'y' }, { name: 'b' });
    const current = containers(
      { name: 'sidecar' },
      { name: 'a', image: 'x', tty: true, env: named('gone', 'injected') },
    );
    const { patch, contentType } = threeWayMerge({ original, modified, current, type: pod });
    expect(contentType).toBe('application/strategic-merge-patch+json');
    expect(apply(current, patch)).toEqual(
      containers({ name: 'sidecar' }, { name: 'a', image: 'y', tty: true }, { name: 'b' }),
    );
  });

  it('says nothing when nothing changed, though others added', () => {
    const manifest = containers({ name: 'a' });
    const current = containers({ name: 'a', tty: true }, { name: 'sidecar' });
    const same = { original: manifest, modified: manifest, current, type: pod };
    expect(threeWayMerge(same).patch).toEqual({});
  });

  it('makes a merge patch for a kind without a table', () => {
    const result = threeWayMerge({
      original: { spec: { a: 1, b: 2 } },
      modified: { spec: { a: 3, list: [{ name: 'x' }] } },
      current: { spec: { a: 1, b: 2, c: 4, list: [] } },
      type: { group: 'example.com', version: 'v1', kind: 'Boat' },
    });
    expect(result).toEqual({
      contentType: 'application/merge-patch+json',
      patch: { spec: { a: 3, b: null, list: [{ name: 'x' }] } },
    });
  });
});
