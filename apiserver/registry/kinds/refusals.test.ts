/** Manifests that are wrong, and what a client is told: the message of kube-apiserver 1.34. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestApi } from '../../../test/support/api-core.ts';
import { collectionOf, refusals } from '../../../test/support/manifests.ts';
import { apiVersionOf } from '../../../api/resource.ts';
import { kinds } from './index.ts';

type Json = Record<string, unknown>;

let api: TestApi;

beforeAll(async () => {
  api = new TestApi(kinds);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
});

afterAll(() => api.stop());

const isKind = (detail: string, kind: string): string => `${kind} "x" is invalid: ${detail}`;

async function refusal(apiVersion: string, kind: string, body: Json): Promise<string> {
  const object = { apiVersion, kind, metadata: { name: 'x', ...(body['metadata'] as Json) } };
  const answer = await api.call('POST', `${collectionOf(kinds, object)}?dryRun=All`, {
    body: { ...body, ...object },
  });
  return answer.code === 422 ? answer.body.message : `accepted: ${answer.code}`;
}

/** How many manifests of a kind there are here. */
const counts = new Map<string, number>();

function count(apiVersion: string, kind: string, more: number): void {
  const key = `${apiVersion} ${kind}`;
  counts.set(key, (counts.get(key) ?? 0) + more);
}

/** Bodies of one kind, each with the part of the message that follows "is invalid: ". */
function refuses(apiVersion: string, kind: string, table: readonly [Json, string][]): void {
  count(apiVersion, kind, table.length);
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  describe(kind, () => {
    test.each(table.map(([body, detail]) => [JSON.stringify(body).slice(0, 60), body, detail]))(
      '%s',
      async (_title, body, detail) => {
        const message = isKind(detail, `${kind}${group}`);
        expect(await refusal(apiVersion, kind, body)).toBe(message);
      },
    );
  });
}

const rbac = 'rbac.authorization.k8s.io';
const ref = { apiGroup: rbac, kind: 'ClusterRole', name: 'a' };

refuses(`${rbac}/v1`, 'Role', [
  [
    { rules: [{ verbs: ['get'] }] },
    '[rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].resources: Required value: resource rules must supply at least one resource]',
  ],
  [
    { rules: [{ nonResourceURLs: ['/a'] }] },
    '[rules[0].verbs: Required value: verbs must contain at least one value, rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs]',
  ],
]);
refuses(`${rbac}/v1`, 'ClusterRole', [
  [
    { aggregationRule: {} },
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ],
  [
    { rules: [{ nonResourceURLs: ['/a'], resources: ['pods'], verbs: ['get'] }] },
    'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
  ],
]);
refuses(`${rbac}/v1`, 'RoleBinding', [
  [
    { roleRef: { kind: 'Deployment', name: '' } },
    '[roleRef.kind: Unsupported value: "Deployment": supported values: "Role", "ClusterRole", roleRef.name: Required value]',
  ],
  [
    { roleRef: ref, subjects: [{ kind: 'Robot', name: '' }] },
    '[subjects[0].name: Required value, subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"]',
  ],
]);
refuses(`${rbac}/v1`, 'ClusterRoleBinding', [
  [
    { roleRef: { ...ref, kind: 'Role' }, subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
    '[roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole", subjects[0].namespace: Required value]',
  ],
  [
    { roleRef: ref, subjects: [{ kind: 'User', name: 'a', apiGroup: 'b' }] },
    'subjects[0].apiGroup: Unsupported value: "b": supported values: "rbac.authorization.k8s.io"',
  ],
]);

const backend = { service: { name: 'web', port: { number: 80 } } };
const path = (fields: Json): Json => ({
  spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...fields }] } }] },
});

refuses('networking.k8s.io/v1', 'Ingress', [
  [{}, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  [
    { spec: { rules: [{ host: '10.0.0.1', http: { paths: [] } }] } },
    '[spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address, spec.rules[0].http.paths: Required value]',
  ],
  [
    path({ pathType: undefined }),
    'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
  ],
  [
    path({ path: 'a//b/.' }),
    '[spec.rules[0].http.paths[0].path: Invalid value: "a//b/.": must be an absolute path, ' +
      'spec.rules[0].http.paths[0].path: Invalid value: "a//b/.": must not contain \'//\', ' +
      'spec.rules[0].http.paths[0].path: Invalid value: "a//b/.": cannot end with \'/.\']',
  ],
  [
    path({ pathType: 'Regex' }),
    'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
  ],
  [
    path({ backend: {} }),
    'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
  ],
  [
    path({ backend: { service: { name: '' } } }),
    '[spec.rules[0].http.paths[0].backend.service.name: Required value, spec.rules[0].http.paths[0].backend: Required value: port name or number is required]',
  ],
  [
    path({ backend: { resource: { kind: 'A/b' } } }),
    '[spec.rules[0].http.paths[0].backend.resource.kind: Invalid value: "A/b": may not contain \'/\', spec.rules[0].http.paths[0].backend.resource.name: Required value]',
  ],
]);
refuses('networking.k8s.io/v1', 'IngressClass', [
  [{}, 'spec.controller: Required value'],
  [
    { spec: { controller: 'nginx' } },
    'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  [
    { spec: { controller: 'a.b/c', parameters: { kind: 'A', name: 'a', scope: 'Namespace' } } },
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ],
]);

const peer = (from: Json): Json => ({ spec: { ingress: [{ from: [from] }] } });
const port = (fields: Json): Json => ({ spec: { ingress: [{ ports: [fields] }] } });

refuses('networking.k8s.io/v1', 'NetworkPolicy', [
  [peer({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
  [
    peer({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
    'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
  ],
  [
    peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }),
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
  ],
  [
    peer({ ipBlock: { cidr: '10.0.0.0' } }),
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    port({ protocol: 'ICMP', port: 0 }),
    '[spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP", spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive]',
  ],
  [
    port({ endPort: 90 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is not specified',
  ],
  [
    port({ port: 'http', endPort: 90 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric',
  ],
]);

refuses('storage.k8s.io/v1', 'StorageClass', [
  [{}, 'provisioner: Required value'],
  [
    { provisioner: 'a.b', reclaimPolicy: 'Keep', volumeBindingMode: 'Later' },
    '[reclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Retain", volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"]',
  ],
  [
    {
      provisioner: 'a.b',
      allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: [] }] }],
    },
    'allowedTopologies[0].matchLabelExpressions[0].values: Required value',
  ],
]);
refuses('storage.k8s.io/v1', 'VolumeAttributesClass', [
  [{ driverName: 'a.b' }, 'parameters: Required value: must contain at least one key/value pair'],
]);
refuses('storage.k8s.io/v1', 'VolumeAttachment', [
  [
    { spec: { attacher: 'a.b', nodeName: 'n', source: {} } },
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
]);
refuses('storage.k8s.io/v1', 'CSIDriver', [
  [
    {
      spec: {
        fsGroupPolicy: 'All',
        volumeLifecycleModes: ['Brief'],
        tokenRequests: [{ audience: 'a', expirationSeconds: 1 }],
      },
    },
    '[spec.fsGroupPolicy: Unsupported value: "All": supported values: "File", "None", "ReadWriteOnceWithFSType", ' +
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes, ' +
      'spec.volumeLifecycleModes: Unsupported value: "Brief": supported values: "Persistent", "Ephemeral"]',
  ],
]);
refuses('storage.k8s.io/v1', 'CSINode', [
  [{ spec: { drivers: [{ name: 'a.b', nodeID: '' }] } }, 'spec.drivers[0].nodeID: Required value'],
]);
refuses('storage.k8s.io/v1', 'CSIStorageCapacity', [
  [
    { storageClassName: 'fast', capacity: '-1' },
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ],
]);

const modes = { accessModes: ['ReadWriteOnce'] };
const disk = { ...modes, capacity: { storage: '1Gi' } };

refuses('v1', 'PersistentVolume', [
  [
    {},
    '[spec.accessModes: Required value, spec.capacity: Required value, spec.capacity: Unsupported value: null: supported values: "storage", spec: Required value: must specify a volume type]',
  ],
  [
    { spec: { ...disk, hostPath: { path: '/a' }, nfs: { server: 'a', path: '/b' } } },
    'spec.nfs: Forbidden: may not specify more than 1 volume type',
  ],
  [
    { spec: { ...disk, local: { path: '/a' } } },
    'spec.nodeAffinity: Required value: Local volume requires node affinity',
  ],
  [
    { spec: { ...disk, csi: { driver: 'a.b' }, persistentVolumeReclaimPolicy: 'Keep' } },
    '[spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain", spec.csi.volumeHandle: Required value]',
  ],
  [
    { spec: { ...disk, hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' } },
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ],
]);
refuses('v1', 'PersistentVolumeClaim', [
  [
    {},
    '[spec.accessModes: Required value: at least 1 access mode is required, spec.resources[storage]: Required value]',
  ],
  [
    {
      spec: {
        accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'],
        resources: { requests: { storage: '0' } },
      },
    },
    '[spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes, spec.resources[storage]: Invalid value: "0": must be greater than zero]',
  ],
  [
    {
      spec: {
        ...modes,
        resources: { requests: { storage: '1' } },
        dataSourceRef: { kind: 'A', name: 'a' },
      },
    },
    '[spec.dataSource: Invalid value: "A": must be \'PersistentVolumeClaim\' when referencing the default apiGroup, ' +
      'spec.dataSourceRef: Invalid value: "A": must be \'PersistentVolumeClaim\' when referencing the default apiGroup]',
  ],
]);
refuses('v1', 'ResourceQuota', [
  [
    { spec: { hard: { gold: '1', pods: '1.5' } } },
    '[spec.hard[gold]: Invalid value: "gold": must be a standard resource type or fully qualified, spec.hard[gold]: Invalid value: "gold": must be a standard resource for quota, spec.hard[pods]: Invalid value: "1500m": must be an integer]',
  ],
  [
    { spec: { hard: { secrets: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
    '[spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: unsupported scope applied to resource, spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes]',
  ],
]);
refuses('v1', 'LimitRange', [
  [
    {
      spec: {
        limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' }, default: { cpu: 1 } }],
      },
    },
    '[spec.limits[0].default: Forbidden: may not be specified when `type` is \'Pod\', spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1]',
  ],
  [
    { spec: { limits: [{ type: 'PersistentVolumeClaim' }] } },
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ],
]);
refuses('v1', 'PodTemplate', [
  [{ template: { spec: {} } }, 'template.spec.containers: Required value'],
]);
refuses('node.k8s.io/v1', 'RuntimeClass', [
  [
    { handler: 'A' },
    "handler: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ],
]);
refuses('policy/v1', 'PodDisruptionBudget', [
  [
    { spec: { minAvailable: 1, maxUnavailable: '101%' } },
    '[spec: Invalid value: {"minAvailable":1,"maxUnavailable":"101%"}: minAvailable and maxUnavailable cannot be both set, spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%]',
  ],
  [
    { spec: { minAvailable: 'half', unhealthyPodEvictionPolicy: 'Never' } },
    '[spec.minAvailable: Invalid value: "half": a valid percent string must be a numeric string followed by an ending \'%\' (e.g. \'1%\',  or \'93%\', regex used for validation is \'[0-9]+%\'), spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"]',
  ],
]);

const client = { clientConfig: { service: { name: 'a', namespace: 'b' } } };
const hook = (fields: Json): Json => ({
  webhooks: [
    { name: 'a.b.c', sideEffects: 'None', admissionReviewVersions: ['v1'], ...client, ...fields },
  ],
});

refuses('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', [
  [
    hook({ name: 'a.b' }),
    'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
  ],
  [
    hook({ sideEffects: 'Some', timeoutSeconds: 31, failurePolicy: 'Hope' }),
    '[webhooks[0].failurePolicy: Unsupported value: "Hope": supported values: "Fail", "Ignore", webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun", webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds]',
  ],
  [
    hook({ clientConfig: {}, admissionReviewVersions: ['v9'] }),
    '[webhooks[0].clientConfig: Required value: exactly one of url or service is required, webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1]',
  ],
  [
    hook({ clientConfig: { url: 'http://a/b?c=d' } }),
    '[webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path], webhooks[0].clientConfig.url: Invalid value: "c=d": query parameters are not permitted in the URL]',
  ],
  [
    hook({ rules: [{ operations: ['*', 'CREATE'], resources: ['pods/*', 'pods/log'] }] }),
    '[webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations, webhooks[0].rules[0].apiGroups: Required value, webhooks[0].rules[0].apiVersions: Required value, webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if \'pods/*\' is present, must not specify pods/log]',
  ],
]);
refuses('certificates.k8s.io/v1', 'CertificateSigningRequest', [
  [
    { spec: { request: 'YQ==', signerName: 'x', usages: ['fun', 'fun'], expirationSeconds: 1 } },
    '[spec.request: Invalid value: "YQ==": PEM block type must be CERTIFICATE REQUEST, ' +
      [0, 1]
        .map(
          (i) =>
            `spec.usages[${i}]: Unsupported value: "fun": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping", `,
        )
        .join('') +
      'spec.usages[1]: Duplicate value: "fun", spec.signerName: Invalid value: "x": must be a fully qualified domain and path of the form \'example.com/signer-name\', spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 600 seconds (10 minutes)]',
  ],
]);

const flows = 'flowcontrol.apiserver.k8s.io/v1';
const level = { priorityLevelConfiguration: { name: 'a' } };
const subjects = [{ kind: 'User', user: { name: 'ann' } }];
const nonResourceRules = [{ verbs: ['get'], nonResourceURLs: ['/a'] }];

refuses(flows, 'FlowSchema', [
  [
    { spec: { matchingPrecedence: 1 } },
    "[spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1, spec.priorityLevelConfiguration.name: Required value: must reference a priority level]",
  ],
  [
    { spec: { ...level, matchingPrecedence: 10_001 } },
    'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
  ],
  [
    { spec: { ...level, rules: [{ subjects: [] }] } },
    '[spec.rules[0].subjects: Required value: subjects must contain at least one value, spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty]',
  ],
  [
    {
      spec: {
        ...level,
        rules: [{ subjects: [{ kind: 'User', group: { name: 'g' } }], nonResourceRules }],
      },
    },
    "[spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User', spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group']",
  ],
  [
    {
      spec: {
        ...level,
        rules: [{ subjects, nonResourceRules: [{ verbs: ['*', 'get'], nonResourceURLs: ['a'] }] }],
      },
    },
    '[spec.rules[0].nonResourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs, spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash]',
  ],
  [
    {
      spec: {
        ...level,
        rules: [{ subjects, resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: [] }] }],
      },
    },
    '[spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource, spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace]',
  ],
]);

refuses(flows, 'PriorityLevelConfiguration', [
  [
    { spec: { type: 'Exempt' } },
    "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'",
  ],
  [
    { spec: { type: 'Limited' } },
    'spec.limited: Required value: must not be empty when type is Limited',
  ],
  [
    { spec: { type: 'Limited', limited: { lendablePercent: 101, limitResponse: { type: 'A' } } } },
    '[spec.limited.limitResponse.type: Unsupported value: "A": supported values: "Queue", "Reject", spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive]',
  ],
  [
    {
      spec: {
        type: 'Limited',
        limited: { limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 5 } } },
      },
    },
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)',
  ],
  [
    {
      spec: {
        type: 'Limited',
        limited: { limitResponse: { type: 'Queue', queuing: { queues: 1024, handSize: 8 } } },
      },
    },
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 1024 and handSize 8 should not be greater than 60',
  ],
]);

refuses('networking.k8s.io/v1', 'IPAddress', [
  [
    {},
    '[metadata.name: Invalid value: "x": ParseAddr("x"): unable to parse IP, spec.parentRef: Required value]',
  ],
]);
refuses('networking.k8s.io/v1', 'ServiceCIDR', [
  [{ spec: {} }, 'spec.cidrs: Required value: at least one CIDR required'],
  [
    { spec: { cidrs: ['10.0.0.0/8', '192.168.0.0/16'] } },
    'spec.cidrs: Invalid value: ["10.0.0.0/8","192.168.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96',
  ],
  [
    { spec: { cidrs: ['10.0.0.1/8'] } },
    'spec.cidrs[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
  ],
]);
refuses('apiregistration.k8s.io/v1', 'APIService', [
  [
    { spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 } },
    'metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.example.com"',
  ],
  [
    {
      spec: { group: 'a', version: 'v1', caBundle: 'Y2E=', insecureSkipTLSVerify: true },
    },
    '[metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.a", spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000, spec.versionPriority: Invalid value: 0: must be positive and less than 1000, spec.caBundle: Invalid value: "2 bytes": local APIServices may not have a caBundle, spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify]',
  ],
]);

const exactly = (more: Json = {}): Json => ({
  spec: { devices: { requests: [{ name: 'a', exactly: { deviceClassName: 'c', ...more } }] } },
});

refuses('resource.k8s.io/v1', 'ResourceClaim', [
  [
    { spec: { devices: { requests: [{ name: 'a' }, { name: 'a', exactly: {} }] } } },
    '[spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required, spec.devices.requests[1].exactly.deviceClassName: Required value, spec.devices.requests[1]: Duplicate value: "a"]',
  ],
  [
    exactly({ allocationMode: 'All', count: 2 }),
    "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
  ],
  [
    exactly({ allocationMode: 'Some' }),
    'spec.devices.requests[0].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"',
  ],
  [
    exactly({ selectors: [{ cel: { expression: '1' } }] }),
    'spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: "1": must evaluate to bool',
  ],
  [
    { spec: { devices: { constraints: [{ requests: ['b'], matchAttribute: 'x' }] } } },
    '[spec.devices.constraints[0].requests[0]: Invalid value: "b": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\', spec.devices.constraints[0].matchAttribute: Invalid value: "x": must include a domain]',
  ],
]);
refuses('resource.k8s.io/v1', 'DeviceClass', [
  [
    { spec: { selectors: [{}], config: [{}] } },
    '[spec.selectors[0].cel: Required value, spec.config[0].opaque: Required value]',
  ],
]);
refuses('resource.k8s.io/v1', 'ResourceSlice', [
  [
    {
      spec: {
        driver: 'd',
        pool: { name: 'p', generation: 1, resourceSliceCount: 0 },
        nodeName: 'n',
        allNodes: true,
      },
    },
    '[spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero, spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set]',
  ],
  [
    {
      spec: {
        driver: 'd',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
        allNodes: true,
        devices: [{ name: 'a', attributes: { 'a/b/c': { int: 1 }, v: { version: '1' } } }],
      },
    },
    '[spec.devices[0].attributes[a/b/c]: Invalid value: "a/b/c": a domain and an ID must be separated by exactly one slash, spec.devices[0].attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0]',
  ],
]);

describe('the list in refusals.yaml', () => {
  for (const { manifest } of refusals) count(manifest.apiVersion, manifest.kind, 1);

  test.each(
    refusals.map(({ manifest, refusal: wanted }) => {
      const { apiVersion: _own, kind, ...body } = manifest;
      return [`${kind} ${JSON.stringify(body).slice(0, 60)}`, manifest, wanted] as const;
    }),
  )('%s', async (_title, manifest, wanted) => {
    const { apiVersion, kind } = manifest;
    const message = await refusal(apiVersion, kind, manifest);
    expect(message.slice(message.indexOf(' is invalid: ') + ' is invalid: '.length)).toBe(wanted);
  });
});

const stored = kinds.filter(
  ({ verbs }) => verbs === undefined || (verbs.includes('create') && verbs.includes('get')),
);

test.each(stored.map(({ type }) => `${apiVersionOf(type)} ${type.kind}`))(
  'two manifests or more of %s are here',
  (kind) => {
    expect(counts.get(kind) ?? 0).toBeGreaterThanOrEqual(2);
  },
);
