import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../../../test/support/api-core.ts';
import { kinds } from '../index.ts';

const api = new TestApi(kinds);
const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims';

beforeAll(() =>
  api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } }),
);
afterAll(() => api.stop());

const request = { name: 'gpu', exactly: { deviceClassName: 'gpu' } };
const create = (name: string, devices: object = { requests: [request] }) =>
  api.call('POST', claims, { body: { metadata: { name }, spec: { devices } } });

const patch = (name: string, body: object) =>
  api.call('PATCH', `${claims}/${name}`, { type: 'application/merge-patch+json', body });

const result = { request: 'gpu', driver: 'd', pool: 'p', device: 'gpu-0' };
const allocation = { devices: { results: [result] } };
const user = { resource: 'pods', name: 'p', uid: 'u' };

async function state(name: string): Promise<unknown> {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { body } = await api.call('GET', `${claims}/${name}`, { accept });
  return (body as unknown as { rows: { cells: unknown[] }[] }).rows[0]!.cells[1];
}

it('a claim asks for one device unless it says otherwise, and cannot ask for another', async () => {
  const { body } = await create('once');
  expect(body.spec).toEqual({
    devices: {
      requests: [
        {
          name: 'gpu',
          exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 },
        },
      ],
    },
  });
  const changed = await patch('once', { spec: { devices: { requests: [] } } });
  expect([changed.code, changed.body.message]).toEqual([
    422,
    expect.stringContaining('spec: Invalid value: '),
  ]);
  expect(changed.body.message).toContain('field is immutable');
});

it('what belongs to features that are off is not kept', async () => {
  const tolerations = [{ key: 'k', operator: 'Exists' }];
  const exactly = { deviceClassName: 'gpu', tolerations };
  const { body } = await create('alpha', { requests: [{ name: 'gpu', exactly }] });
  expect(JSON.stringify(body.spec)).not.toContain('tolerations');
});

it('a claim is reserved once it is allocated, and stays where it is', async () => {
  await create('used');
  expect(await state('used')).toBe('pending');
  const status = (value: object) => patch('used/status', { status: value });
  expect((await status({ reservedFor: [user] })).body.message).toBe(
    'ResourceClaim.resource.k8s.io "used" is invalid: status.reservedFor: Forbidden: ' +
      'may not be specified when `allocated` is not set',
  );
  const foreign = { devices: { results: [{ ...result, request: 'tpu' }] } };
  expect((await status({ allocation: foreign })).body.message).toContain(
    'status.allocation.devices.results[0].request: Invalid value: "tpu": ' +
      'must be the name of a request in the claim',
  );
  expect((await status({ allocation })).code).toBe(200);
  expect(await state('used')).toBe('allocated');
  expect((await status({ reservedFor: [user] })).code).toBe(200);
  expect(await state('used')).toBe('allocated,reserved');
  const moved = { devices: { results: [{ ...result, device: 'gpu-1' }] } };
  expect((await status({ allocation: moved })).body.message).toContain(
    'status.allocation: Invalid value: ',
  );
  const elsewhere = { ...result, device: 'gpu-1', conditions: [] };
  expect((await status({ devices: [elsewhere] })).body.message).toContain(
    'must be an allocated device in the claim',
  );
});
