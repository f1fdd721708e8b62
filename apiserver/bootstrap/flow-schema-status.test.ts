import { afterEach, beforeEach, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { type RawApi, startRawApi } from '../../test/support/raw-api.ts';

const flows = '/apis/flowcontrol.apiserver.k8s.io/v1';
const kind = (of: string) => ({ apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: of });

let parts: Lifecycle;
let api: RawApi;
beforeEach(async () => {
  parts = new Lifecycle();
  api = await startRawApi(parts);
});
afterEach(() => parts.stop());

const schema = {
  ...kind('FlowSchema'),
  metadata: { name: 'jane' },
  spec: {
    priorityLevelConfiguration: { name: 'shut' },
    matchingPrecedence: 50,
    rules: [
      {
        subjects: [{ kind: 'User', user: { name: 'jane' } }],
        resourceRules: [
          { verbs: ['*'], apiGroups: ['*'], resources: ['configmaps'], namespaces: ['*'] },
        ],
      },
    ],
  },
};
/** No seats, and none to borrow. */
const level = {
  ...kind('PriorityLevelConfiguration'),
  metadata: { name: 'shut' },
  spec: {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares: 0,
      borrowingLimitPercent: 0,
      limitResponse: { type: 'Reject' },
    },
  },
};
const asJane = { headers: { 'impersonate-user': 'jane' } };
const configMaps = '/api/v1/namespaces/default/configmaps';

it('a flow schema decides once its level exists, and tells whether it does', async () => {
  const { body: made } = await api.call('POST', `${flows}/flowschemas`, { body: schema });
  const dangling = (wanted: string) =>
    api.until(`${flows}/flowschemas/jane`, ({ body }) =>
      Boolean(body.status.conditions?.some(({ status }) => status === wanted)),
    );
  const { body: before } = await dangling('True');
  expect(before.status.conditions).toMatchObject([
    {
      type: 'Dangling',
      reason: 'NotFound',
      message:
        'This FlowSchema references the PriorityLevelConfiguration object named "shut" but there is no such object',
    },
  ]);
  // Dangling, it decides nothing: jane is refused by RBAC, through the schema for everybody.
  const { body: everybody } = await api.call('GET', `${flows}/flowschemas/global-default`);
  const other = await api.call('GET', configMaps, asJane);
  expect(other.code).toBe(403);
  expect(other.headers).toMatchObject({ 'x-kubernetes-pf-flowschema-uid': everybody.metadata.uid });

  const { body: shut } = await api.call('POST', `${flows}/prioritylevelconfigurations`, {
    body: level,
  });
  const { body: after } = await dangling('False');
  expect(after.status.conditions).toMatchObject([{ type: 'Dangling', reason: 'Found' }]);
  const refused = await api.call('GET', configMaps, asJane);
  expect(refused.code).toBe(429);
  expect(refused.headers).toMatchObject({
    'retry-after': '1',
    'x-kubernetes-pf-flowschema-uid': made.metadata.uid,
    'x-kubernetes-pf-prioritylevel-uid': shut.metadata.uid,
  });
  // Other resources, and other users, do not fall under it.
  expect((await api.call('GET', '/api/v1/namespaces/default/pods', asJane)).code).toBe(403);
  const metrics = (await api.call('GET', '/metrics')).body as unknown as string;
  const rejected = 'apiserver_flowcontrol_rejected_requests_total';
  expect(metrics).toContain(
    `${rejected}{priority_level="shut",flow_schema="jane",reason="concurrency-limit"} 1`,
  );
});

it('the server itself, and who may do everything, is exempt', async () => {
  const { headers } = await api.call('GET', configMaps);
  const { body: exempt } = await api.call('GET', `${flows}/flowschemas/exempt`);
  expect(headers).toMatchObject({ 'x-kubernetes-pf-flowschema-uid': exempt.metadata.uid });
});
