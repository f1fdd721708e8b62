import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowSchema, FlowSchemaSpec } from '../../api/types/flowcontrol-v1.ts';
import { standardFlowSchemas } from '../registry/kinds/flowcontrol/standard.ts';
import type { Attributes } from '../authz/authorizer.ts';
import { byPrecedence, flowName, schemaFor } from './classify.ts';
import { deal } from './deal.ts';

const schema = (name: string, spec: FlowSchemaSpec): FlowSchema => ({
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'FlowSchema',
  metadata: { name },
  spec,
});
const standard = byPrecedence(
  Object.entries(standardFlowSchemas).map(([name, spec]) => schema(name, spec)),
);
const resource = (verb: string, what: string, namespace = 'default'): Attributes => {
  const [full = '', group = ''] = what.split('.', 2);
  const [name = '', subresource = ''] = full.split('/');
  return { type: 'resource', verb, group, resource: name, subresource, namespace, name: '' };
};
const leases = resource('update', 'leases.coordination', 'kube-system');
const electing = { ...leases, group: 'coordination.k8s.io' } as Attributes;
const everybody = 'system:authenticated';

describe('flow schemas', () => {
  it.each<[string, string[], Attributes, string, string]>([
    ['root', ['system:masters'], resource('list', 'pods'), 'exempt', ''],
    ['jane', [], { type: 'path', verb: 'get', path: '/readyz' }, 'probes', ''],
    ['jane', [], { type: 'path', verb: 'get', path: '/version' }, 'global-default', 'jane'],
    ['jane', [], resource('list', 'pods'), 'global-default', 'jane'],
    ['system:kube-scheduler', [], resource('list', 'pods', 'a'), 'kube-scheduler', 'a'],
    ['system:kube-scheduler', [], electing, 'system-leader-election', 'system:kube-scheduler'],
    [
      ...['system:kube-controller-manager', [], resource('update', 'endpoints')],
      ...['endpoint-controller', 'system:kube-controller-manager'],
    ] as never,
    [
      'system:node:n',
      ['system:nodes'],
      resource('patch', 'nodes/status', ''),
      'system-node-high',
      'system:node:n',
    ],
    ['system:node:n', ['system:nodes'], resource('list', 'pods'), 'system-nodes', 'system:node:n'],
    [
      'wherry:hollow-nodes',
      ['wherry:hollow-nodes'],
      resource('list', 'pods'),
      'wherry-hollow-nodes',
      '',
    ],
    [
      ...['system:serviceaccount:kube-system:x', ['system:serviceaccounts']],
      ...[resource('list', 'pods', 'b'), 'kube-system-service-accounts', 'b'],
    ] as never,
    [
      ...['system:serviceaccount:dev:x', ['system:serviceaccounts'], resource('list', 'pods')],
      ...['service-accounts', 'system:serviceaccount:dev:x'],
    ] as never,
  ])('%s %j %j falls under %4$s', (...row) => {
    const [name, groups, attributes, expected, flow] = row;
    const user = { name, groups: [...groups, everybody] };
    const found = schemaFor(standard, user, attributes)!;
    expect([found.metadata.name, flowName(found, user, attributes)]).toEqual([expected, flow]);
  });

  it('go by precedence, then by name', () => {
    const at = (name: string, matchingPrecedence?: number): FlowSchema =>
      schema(name, {
        priorityLevelConfiguration: { name: 'x' },
        ...(matchingPrecedence === undefined ? {} : { matchingPrecedence }),
      });
    const sorted = byPrecedence([at('d'), at('b', 5), at('a', 5), at('c', 1_000)]);
    expect(sorted.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each<[string, Attributes, boolean]>([
    ['a namespace that is not named', resource('get', 'pods', 'other'), false],
    ['a namespace that is', resource('get', 'pods', 'dev'), true],
    ['the cluster scope', resource('get', 'pods', ''), false],
    ['a subresource that is not named', resource('get', 'pods/log', 'dev'), false],
    ['another group', resource('get', 'pods.apps', 'dev'), false],
    ['another verb', resource('list', 'pods', 'dev'), false],
    ['a path below a wildcard', { type: 'path', verb: 'get', path: '/logs/a/b' }, true],
    ['the wildcard itself', { type: 'path', verb: 'get', path: '/logs' }, false],
  ])('match %s: %j → %s', (_what, attributes, matched) => {
    const subjects = [{ kind: 'User', user: { name: 'jane' } }];
    const one = schema('one', {
      priorityLevelConfiguration: { name: 'x' },
      rules: [
        {
          subjects,
          resourceRules: [
            { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['dev'] },
          ],
          nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/logs/*'] }],
        },
      ],
    });
    const user = { name: 'jane', groups: [] };
    expect(schemaFor([one], user, attributes) !== undefined).toBe(matched);
    expect(schemaFor([one], { ...user, name: 'joe' }, attributes)).toBeUndefined();
  });
});

describe('shuffle sharding', () => {
  it('deals so many different queues, the same each time', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 128 }), fc.nat(127), (flow, queues, n) => {
        const handSize = (n % queues) + 1;
        const hand = deal(flow, queues, handSize);
        expect(new Set(hand).size).toBe(handSize);
        expect(hand.every((card) => card >= 0 && card < queues)).toBe(true);
        expect(deal(flow, queues, handSize)).toEqual(hand);
      }),
    );
  });

  it('uses all queues, and seldom gives two flows the same hand', () => {
    const hands = Array.from({ length: 1_000 }, (_, i) => deal(`flow\0user-${i}`, 64, 6));
    const used = new Map<number, number>();
    for (const card of hands.flat()) used.set(card, (used.get(card) ?? 0) + 1);
    expect(used.size).toBe(64);
    // Each is in about 6000 / 64 = 94 hands.
    for (const count of used.values()) expect(count).toBeGreaterThan(50);
    const covered = hands.slice(1).filter((hand) => hand.every((card) => hands[0]!.includes(card)));
    expect(covered).toEqual([]);
  });
});
