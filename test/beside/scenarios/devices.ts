import type { Scenario } from '../scenario.ts';

const TEMPLATE = `
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: { name: device }
spec:
  metadata: { labels: { made: for-pod } }
  spec: { devices: { requests: [{ name: one, exactly: { deviceClassName: missing } }] } }`;

const user = (more = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: user }
spec:
  resourceClaims: [{ name: device, resourceClaimTemplateName: device }]
  containers: [{ name: main, image: "example.org/main:1" }]
  ${more}`;

export const deviceScenarios: readonly Scenario[] = [
  {
    name: 'claim of devices, made from a template',
    async run(at) {
      await at.create(`
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: { name: device }
spec:
  metadata: { labels: { made: for-pod } }
  spec: { devices: { requests: [{ name: one, exactly: { deviceClassName: missing } }] } }
---
apiVersion: v1
kind: Pod
metadata: { name: user }
spec:
  resourceClaims: [{ name: device, resourceClaimTemplateName: device }]
  containers: [{ name: main, image: "example.org/main:1" }]`);
      await at.untilAll('ResourceClaim', (claims) => claims.length === 1);
    },
  },
  {
    name: 'claim of devices that may not be made',
    async run(at) {
      await at.create(`
apiVersion: v1
kind: ResourceQuota
metadata: { name: none }
spec: { hard: { count/resourceclaims.resource.k8s.io: "0" } }`);
      await at.until('ResourceQuota', 'none', ({ status }) => status?.used !== undefined);
      await at.create(TEMPLATE);
      await at.create(user());
      await at.untilEvent('FailedResourceClaimCreation');
    },
  },
  {
    name: 'claim of devices whose template is missing',
    async run(at) {
      await at.create(user());
      await at.untilEvent('FailedResourceClaimCreation');
    },
  },
  {
    name: 'claim of devices that a pod had',
    async run(at) {
      await at.create(`
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: { name: device, finalizers: [resource.kubernetes.io/delete-protection] }
spec: { devices: { requests: [{ name: one, exactly: { deviceClassName: missing } }] } }`);
      const uid = '6f4b9a52-3f0e-4b0a-9a55-0c1d5b9d1f11';
      const result = { request: 'one', driver: 'example.org', pool: 'p', device: 'd' };
      const status = {
        allocation: { devices: { results: [result] } },
        reservedFor: [{ resource: 'pods', name: 'gone', uid }],
      };
      await at.merge('ResourceClaim/status', 'device', { status });
      await at.until(
        'ResourceClaim',
        'device',
        ({ metadata }) => (metadata.finalizers ?? []).length === 0,
      );
    },
  },
  {
    name: 'claim of devices, made for a pod that ends',
    async run(at) {
      await at.create(TEMPLATE);
      await at.create(user('nodeName: nowhere'));
      await at.untilAll('ResourceClaim', (claims) => claims.length === 1);
      await at.until('Pod', 'user', ({ status }) => status?.resourceClaimStatuses !== undefined);
      await at.merge('Pod/status', 'user', { status: { phase: 'Succeeded' } });
      await at.untilAll('ResourceClaim', (claims) => claims.length === 0);
    },
  },
];
