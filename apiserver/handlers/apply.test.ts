/** Server-side apply and managedFields over the API: what clients send and see. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManagedFieldsEntry } from '../../api/types/meta-v1.ts';
import { configMap } from '../registry/kinds/configmap.ts';
import { namespace } from '../registry/kinds/namespace.ts';
import { pod } from '../registry/kinds/pod/declaration.ts';
import { serviceAccount } from '../registry/kinds/serviceaccount.ts';
import { deployment } from '../registry/kinds/workload/deployment.ts';
import { type Answer, TestApi } from '../../test/support/api-core.ts';

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const maps = '/api/v1/namespaces/d/configmaps';
const deploys = '/apis/apps/v1/namespaces/d/deployments';

let api: TestApi;

beforeEach(async () => {
  api = new TestApi([namespace, configMap, deployment, pod, serviceAccount] as never);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
});
afterEach(() => api.stop());

const map = (data: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', ...metadata },
  data,
});

const web = (spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    },
    ...spec,
  },
});

function apply(url: string, manager: string, ...[body, more = '']: [unknown, string?]) {
  return api.call('PATCH', `${url}?fieldManager=${manager}${more}`, { type: APPLY, body });
}

const ownersOf = ({ body }: Answer): Record<string, unknown> =>
  Object.fromEntries(
    (body.metadata.managedFields ?? []).map((entry: ManagedFieldsEntry) => [
      [entry.manager, entry.operation, entry.subresource].filter(Boolean).join(' '),
      entry.fieldsV1,
    ]),
  );

describe('apply', () => {
  it('creates, then changes, then changes nothing', async () => {
    const created = await apply(`${maps}/x`, 'one', map({ k: 'v' }));
    expect(created).toMatchObject({ code: 201, body: { metadata: { name: 'x', namespace: 'd' } } });
    expect(created.body.metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2023-11-14T22:13:20Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:k': {} } },
      },
    ]);
    const changed = await apply(`${maps}/x`, 'one', map({ l: 'w' }));
    expect(changed).toMatchObject({ code: 200, body: { data: { l: 'w' } } });
    expect(changed.body.data).toEqual({ l: 'w' });
    const again = await apply(`${maps}/x`, 'one', map({ l: 'w' }));
    expect(again.body).toEqual(changed.body);
  });

  it('reads YAML', async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  k: "1"\n';
    expect(await apply(`${maps}/x`, 'one', text)).toMatchObject({
      code: 201,
      body: { data: { k: '1' } },
    });
  });

  it('answers conflicts as Kubernetes does', async () => {
    await api.call('POST', `${deploys}?fieldManager=kubectl-create`, {
      body: web({ replicas: 2 }),
    });
    const { code, body } = await apply(`${deploys}/web`, 'two', web({ replicas: 3 }));
    expect(code).toBe(409);
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas',
      reason: 'Conflict',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "kubectl-create" using apps/v1',
            field: '.spec.replicas',
          },
        ],
      },
      code: 409,
    });
    const forced = await apply(`${deploys}/web`, 'two', web({ replicas: 3 }), '&force=true');
    expect(forced).toMatchObject({ code: 200, body: { spec: { replicas: 3 } } });
    expect(ownersOf(forced)['two Apply']).toMatchObject({ 'f:spec': { 'f:replicas': {} } });
    expect(ownersOf(forced)['kubectl-create Update']).not.toHaveProperty('f:spec.f:replicas');
  });

  it('takes the scale, and gives it back', async () => {
    await apply(`${deploys}/web`, 'one', web({ replicas: 2 }));
    const scale = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web' },
      spec: { replicas: 5 },
    };
    expect(await apply(`${deploys}/web/scale`, 'hpa', scale)).toMatchObject({
      code: 409,
      body: { message: 'Apply failed with 1 conflict: conflict with "one": .spec.replicas' },
    });
    const taken = await apply(`${deploys}/web/scale`, 'hpa', scale, '&force=true');
    expect(taken).toMatchObject({ code: 200, body: { kind: 'Scale', spec: { replicas: 5 } } });
    const parent = await api.call('GET', `${deploys}/web`);
    expect(ownersOf(parent)['hpa Apply scale']).toEqual({ 'f:spec': { 'f:replicas': {} } });
    expect(ownersOf(parent)['one Apply']).not.toHaveProperty(['f:spec', 'f:replicas']);
    const emptied = async (configuration: object): Promise<unknown> => {
      await apply(`${deploys}/web/scale`, 'hpa', configuration);
      const left = await api.call('GET', `${deploys}/web`);
      return [left.body.spec['replicas'], Object.keys(ownersOf(left)).sort()];
    };
    expect(await emptied({ ...scale, spec: {} })).toEqual([0, ['hpa Apply scale', 'one Apply']]);
    expect(await emptied({ ...scale, spec: undefined })).toEqual([0, ['one Apply']]);
  });

  it('of nothing makes nobody an owner', async () => {
    await apply(`${maps}/x`, 'one', map({ k: 'v' }));
    const same = await apply(`${maps}/x`, 'two', { ...map({}), data: undefined, metadata: {} });
    expect(Object.keys(ownersOf(same))).toEqual(['one Apply']);
  });

  it('owns only the status through the status', async () => {
    await apply(`${deploys}/web`, 'one', web());
    const status = { ...web({ paused: true }), status: { replicas: 1, observedGeneration: 1 } };
    const answer = await apply(`${deploys}/web/status`, 'controller', status);
    expect(answer).toMatchObject({ code: 200, body: { status: { replicas: 1 } } });
    expect(answer.body.spec).not.toHaveProperty('paused');
    expect(ownersOf(answer)['controller Apply status']).toEqual({
      'f:status': { 'f:observedGeneration': {}, 'f:replicas': {} },
    });
    const ignored = await apply(`${deploys}/web`, 'one', { ...web(), status: { replicas: 9 } });
    expect(ignored).toMatchObject({ code: 200, body: { status: { replicas: 1 } } });
    expect(await apply(`${deploys}/none/status`, 'one', status)).toMatchObject({ code: 400 });
  });

  it('locks by resourceVersion, and writes nothing on a dry run', async () => {
    await apply(`${maps}/x`, 'one', map({ k: 'v' }));
    const stale = map({ k: 'w' }, { resourceVersion: '1' });
    expect((await apply(`${maps}/x`, 'one', stale)).code).toBe(409);
    const dry = await apply(`${maps}/x`, 'one', map({ k: 'w' }), '&dryRun=All');
    expect(dry.body.data).toEqual({ k: 'w' });
    expect((await api.call('GET', `${maps}/x`)).body.data).toEqual({ k: 'v' });
    expect((await apply(`${maps}/y`, 'one', map({}, { name: 'y' }), '&dryRun=All')).code).toBe(201);
    expect((await api.call('GET', `${maps}/y`)).code).toBe(404);
  });

  it('goes on keeping the annotation of client-side apply', async () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const before = JSON.stringify(map({ k: 'v' }));
    await api.call('POST', `${maps}?fieldManager=kubectl-client-side-apply`, {
      body: map({ k: 'v' }, { annotations: { [annotation]: before } }),
    });
    const { code, body } = await apply(`${maps}/x`, 'kubectl', map({ k: 'w' }));
    expect(code).toBe(200);
    expect(JSON.parse(body.metadata.annotations![annotation]!)).toEqual(map({ k: 'w' }));
  });

  it.each([
    [
      'no manager',
      `${maps}/x`,
      map({}),
      422,
      'fieldManager: Required value: is required for apply',
    ],
    ['no kind', `${maps}/x?fieldManager=m`, {}, 400, 'invalid object type: /, Kind='],
    [
      'another version',
      `${maps}/x?fieldManager=m`,
      { ...map({}), apiVersion: 'v2' },
      400,
      'invalid object type: /v2, Kind=ConfigMap',
    ],
    [
      'another name',
      `${maps}/z?fieldManager=m`,
      map({}),
      400,
      'the name of the object (x) does not match the name on the URL (z)',
    ],
    [
      'owners',
      `${maps}/x?fieldManager=m`,
      map({}, { managedFields: [] }),
      400,
      'metadata.managedFields must be nil',
    ],
    [
      'an unknown field',
      `${maps}/x?fieldManager=m`,
      { ...map({}), foo: 1 },
      500,
      'failed to create typed patch object (/x; /v1, Kind=ConfigMap): .foo: field not declared',
    ],
    [
      'a wrong type',
      `${deploys}/web?fieldManager=m`,
      web({ replicas: 'x', paused: 1 }),
      500,
      'failed to create typed patch object (/web; apps/v1, Kind=Deployment): errors:\n' +
        '  .spec.replicas: expected numeric (int or float), got string\n' +
        '  .spec.paused: expected boolean, got &{1}',
    ],
    [
      'an item twice',
      `${deploys}/web?fieldManager=m`,
      web({ template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } } }),
      500,
      '.spec.template.spec.containers: duplicate entries for key [name="a"]',
    ],
    [
      'a key twice, strictly',
      `${maps}/x?fieldManager=m&fieldValidation=Strict`,
      '{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1","a":"2"}}',
      400,
      'line 1: key "a" already set in map',
    ],
    ['no object', `${maps}/x?fieldManager=m`, '- a', 400, 'error decoding YAML'],
    ['broken YAML', `${maps}/x?fieldManager=m`, 'a: b: c', 400, 'yaml: line 1'],
    ['a long manager', `${maps}/x?fieldManager=${'m'.repeat(129)}`, map({}), 422, 'Too long'],
  ])('refuses %s', async (...[, url, body, code, message]) => {
    const answer = await api.call('PATCH', url, { type: APPLY, body });
    expect({ code: answer.code, message: answer.body.message }).toEqual({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  it('is no other patch: force is for apply', async () => {
    await apply(`${maps}/x`, 'one', map({}));
    const answer = await api.call('PATCH', `${maps}/x?force=true`, { type: MERGE, body: {} });
    expect(answer.code).toBe(422);
  });
});

describe('managedFields', () => {
  it('name who created, updated and patched', async () => {
    await api.call('POST', `${deploys}?fieldManager=creator`, { body: web() });
    await api.call('PATCH', `${deploys}/web?fieldManager=patcher`, {
      type: MERGE,
      body: { spec: { paused: true } },
    });
    await api.call('PATCH', `${deploys}/web/scale?fieldManager=scaler`, {
      type: MERGE,
      body: { spec: { replicas: 4 } },
    });
    const answer = await api.call('PATCH', `${deploys}/web/status?fieldManager=controller`, {
      type: MERGE,
      body: { status: { replicas: 4 } },
    });
    expect(ownersOf(answer)).toEqual({
      'creator Update': {
        'f:spec': {
          'f:progressDeadlineSeconds': {},
          'f:revisionHistoryLimit': {},
          'f:selector': {},
          'f:strategy': {
            'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
            'f:type': {},
          },
          'f:template': {
            'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"c"}': {
                  '.': {},
                  'f:image': {},
                  'f:imagePullPolicy': {},
                  'f:name': {},
                  'f:resources': {},
                  'f:terminationMessagePath': {},
                  'f:terminationMessagePolicy': {},
                },
              },
              'f:dnsPolicy': {},
              'f:restartPolicy': {},
              'f:schedulerName': {},
              'f:securityContext': {},
              'f:terminationGracePeriodSeconds': {},
            },
          },
        },
      },
      'patcher Update': { 'f:spec': { 'f:paused': {} } },
      'scaler Update scale': { 'f:spec': { 'f:replicas': {} } },
      'controller Update status': { 'f:status': { 'f:replicas': {} } },
    });
  });

  it('name nobody who scales what nobody has set, until it is applied', async () => {
    await apply(`${deploys}/web`, 'creator', web());
    const scale = (replicas: number) => ({ type: MERGE, body: { spec: { replicas } } });
    await api.call('PATCH', `${deploys}/web/scale?fieldManager=scaler`, scale(4));
    const scaled = await api.call('GET', `${deploys}/web`);
    expect(Object.keys(ownersOf(scaled))).toEqual(['creator Apply']);
    await apply(`${deploys}/web`, 'other', { ...web(), spec: { replicas: 4 } });
    await api.call('PATCH', `${deploys}/web/scale?fieldManager=scaler`, scale(5));
    const taken = await api.call('GET', `${deploys}/web`);
    expect(Object.keys(ownersOf(taken)).sort()).toEqual(['creator Apply', 'scaler Update scale']);
  });

  it('leave out the labels that a Deployment’s status cannot have', async () => {
    const object = web() as { metadata: object };
    await apply(`${deploys}/web`, 'creator', object);
    const metadata = { ...object.metadata, labels: { a: 'b' }, annotations: { a: 'b' } };
    const { apiVersion, kind } = web() as { apiVersion: string; kind: string };
    const answer = await apply(`${deploys}/web/status`, 'controller', {
      ...{ apiVersion, kind, metadata },
      status: { replicas: 1 },
    });
    expect(answer.body.metadata.labels).toBeUndefined();
    expect(ownersOf(answer)['controller Apply status']).toEqual({
      'f:metadata': { 'f:annotations': { 'f:a': {} } },
      'f:status': { 'f:replicas': {} },
    });
  });

  it('do not count what admission adds', async () => {
    const body = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    await api.call('POST', '/api/v1/namespaces/d/serviceaccounts', {
      body: { metadata: { name: 'default' } },
    });
    const answer = await api.call('POST', '/api/v1/namespaces/d/pods?fieldManager=m', { body });
    expect(answer.body.spec).toHaveProperty('tolerations');
    expect(ownersOf(answer)['m Update']).not.toHaveProperty(['f:spec', 'f:tolerations']);
  });

  it('survive clients that do not know them, and end when a client says so', async () => {
    await apply(`${maps}/x`, 'one', map({ k: 'v' }));
    const ignorant = await api.call('PUT', `${maps}/x?fieldManager=two`, { body: map({ k: 'w' }) });
    expect(Object.keys(ownersOf(ignorant))).toEqual(['two Update']);
    for (const managedFields of [[{}], []]) {
      await apply(`${maps}/x`, 'one', map({ k: 'v' }), '&force=true');
      const reset = await api.call('PATCH', `${maps}/x`, {
        type: MERGE,
        body: { metadata: { managedFields } },
      });
      expect(reset).toMatchObject({ code: 200 });
      expect(reset.body.metadata).not.toHaveProperty('managedFields');
    }
    const untracked = await api.call('PUT', `${maps}/x`, { body: map({ k: 'x' }) });
    expect(untracked.body.metadata).not.toHaveProperty('managedFields');
  });

  it('can be edited', async () => {
    const created = await apply(`${maps}/x`, 'one', map({ k: 'v' }));
    const [entry] = created.body.metadata.managedFields!;
    const patch = [{ op: 'replace', path: '/metadata/managedFields/0/manager', value: 'renamed' }];
    const type = 'application/json-patch+json';
    const answer = await api.call('PATCH', `${maps}/x`, { type, body: patch });
    expect(answer.body.metadata.managedFields).toEqual([{ ...entry, manager: 'renamed' }]);
    const broken = [{ op: 'replace', path: '/metadata/managedFields/0/fieldsType', value: 'X' }];
    const kept = await api.call('PATCH', `${maps}/x`, { type, body: broken });
    expect(kept.body.metadata.managedFields).toEqual(answer.body.metadata.managedFields);
  });

  it('do not make a write of what changes nothing', async () => {
    await apply(`${maps}/x`, 'one', map({ k: 'v' }));
    const before = api.kv.revision;
    await api.clock.advance(5_000);
    await api.call('PUT', `${maps}/x?fieldManager=two`, { body: map({ k: 'v' }) });
    await apply(`${maps}/x`, 'one', map({ k: 'v' }));
    expect(api.kv.revision).toBe(before);
  });

  it('take the name of who gives none from the user agent', async () => {
    const { body } = await api.call('POST', maps, { body: map({ k: 'v' }) });
    expect(body.metadata.managedFields).toMatchObject([{ manager: 'unknown' }]);
  });
});
