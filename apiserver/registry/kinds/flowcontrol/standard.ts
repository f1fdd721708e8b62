/**
 * The priority levels and flow schemas that every cluster has. Two of each are mandatory and are
 * what they are; the others are suggestions.
 */
import type {
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
  Subject,
} from '../../../../api/types/flowcontrol-v1.ts';

export const mandatory: ReadonlySet<string> = new Set(['exempt', 'catch-all']);

interface Queues {
  readonly queues: number;
  readonly handSize: number;
}

function queuing(
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queues: Queues,
): PriorityLevelConfigurationSpec {
  return {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares,
      lendablePercent,
      limitResponse: { type: 'Queue', queuing: { ...queues, queueLengthLimit: 50 } },
    },
  };
}

const few: Queues = { queues: 16, handSize: 4 };
const some: Queues = { queues: 64, handSize: 6 };
const many: Queues = { queues: 128, handSize: 6 };

export const standardPriorityLevels: Readonly<Record<string, PriorityLevelConfigurationSpec>> = {
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'catch-all': {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares: 5,
      lendablePercent: 0,
      limitResponse: { type: 'Reject' },
    },
  },
  system: queuing(30, 33, some),
  'node-high': queuing(40, 25, some),
  'leader-election': queuing(10, 0, few),
  'workload-high': queuing(40, 50, many),
  'workload-low': queuing(100, 90, many),
  'global-default': queuing(20, 50, many),
};

const groups = (...names: string[]): Subject[] =>
  names.map((name) => ({ kind: 'Group', group: { name } }));
const users = (...names: string[]): Subject[] =>
  names.map((name) => ({ kind: 'User', user: { name } }));
const systemAccounts = (...names: string[]): Subject[] =>
  names.map((name) => ({
    kind: 'ServiceAccount',
    serviceAccount: { name, namespace: 'kube-system' },
  }));

const everything = (...subjects: Subject[]): PolicyRulesWithSubjects => ({
  subjects,
  resourceRules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
});

const inNamespaces = (rule: Omit<ResourcePolicyRule, 'namespaces'>): ResourcePolicyRule => ({
  ...rule,
  namespaces: ['*'],
});

const electing: ResourcePolicyRule = inNamespaces({
  verbs: ['get', 'create', 'update'],
  apiGroups: ['coordination.k8s.io'],
  resources: ['leases'],
});

const CONTROLLERS = 'system:kube-controller-manager';
const SCHEDULER = 'system:kube-scheduler';
const EVERYBODY = ['system:unauthenticated', 'system:authenticated'];

function schema(
  [level, matchingPrecedence]: readonly [level: string, precedence: number],
  distinguisher: 'ByUser' | 'ByNamespace' | undefined,
  rules: PolicyRulesWithSubjects,
): FlowSchemaSpec {
  return {
    ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
    matchingPrecedence,
    priorityLevelConfiguration: { name: level },
    rules: [rules],
  };
}

export const standardFlowSchemas: Readonly<Record<string, FlowSchemaSpec>> = {
  exempt: schema(['exempt', 1], undefined, everything(...groups('system:masters'))),
  'catch-all': schema(['catch-all', 10_000], 'ByUser', everything(...groups(...EVERYBODY))),
  probes: schema(['exempt', 2], undefined, {
    subjects: groups(...EVERYBODY),
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  'system-leader-election': schema(['leader-election', 100], 'ByUser', {
    subjects: [...users(CONTROLLERS, SCHEDULER), ...systemAccounts('*')],
    resourceRules: [electing],
  }),
  'endpoint-controller': schema(['workload-high', 150], 'ByUser', {
    subjects: [
      ...users(CONTROLLERS),
      ...systemAccounts('endpoint-controller', 'endpointslicemirroring-controller'),
    ],
    resourceRules: [
      inNamespaces({
        verbs: ['get', 'create', 'update'],
        apiGroups: [''],
        resources: ['endpoints'],
      }),
    ],
  }),
  'workload-leader-election': schema(['leader-election', 200], 'ByUser', {
    subjects: systemAccounts('*'),
    resourceRules: [electing],
  }),
  'system-node-high': schema(['node-high', 400], 'ByUser', {
    subjects: groups('system:nodes'),
    resourceRules: [
      {
        verbs: ['*'],
        apiGroups: [''],
        resources: ['nodes', 'nodes/status'],
        clusterScope: true,
        namespaces: ['*'],
      },
      inNamespaces({ verbs: ['*'], apiGroups: ['coordination.k8s.io'], resources: ['leases'] }),
    ],
  }),
  'system-nodes': schema(['system', 500], 'ByUser', everything(...groups('system:nodes'))),
  // Our own: one process that is many nodes (see wherry:hollow-nodes among the roles).
  'wherry-hollow-nodes': schema(
    ['system', 500],
    undefined,
    everything(...groups('wherry:hollow-nodes')),
  ),
  'kube-controller-manager': schema(
    ['workload-high', 800],
    'ByNamespace',
    everything(...users(CONTROLLERS)),
  ),
  'kube-scheduler': schema(['workload-high', 800], 'ByNamespace', everything(...users(SCHEDULER))),
  'kube-system-service-accounts': schema(
    ['workload-high', 900],
    'ByNamespace',
    everything(...systemAccounts('*')),
  ),
  'service-accounts': schema(
    ['workload-low', 9_000],
    'ByUser',
    everything(...groups('system:serviceaccounts')),
  ),
  'global-default': schema(
    ['global-default', 9_900],
    'ByUser',
    everything(...groups(...EVERYBODY)),
  ),
};
