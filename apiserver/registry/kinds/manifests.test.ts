/** Every kind: created from a full manifest in each encoding, and read back as it was sent. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeProtobuf } from '../../../api/protobuf/codec.ts';
import { apiVersionOf } from '../../../api/resource.ts';
import { stringifyYaml } from '../../../api/yaml-text.ts';
import { type Answer, TestApi } from '../../../test/support/api-core.ts';
import { collectionOf, manifests } from '../../../test/support/manifests.ts';
import { kinds } from './index.ts';

type Json = Record<string, unknown>;

let api: TestApi;

beforeEach(async () => {
  api = new TestApi(kinds);
  await api.call('POST', '/api/v1/namespaces', {
    body: {
      metadata: { name: 'default', labels: { 'resource.kubernetes.io/admin-access': 'true' } },
    },
  });
  const high = { metadata: { name: 'needed' }, value: 1 };
  const costly = {
    metadata: { name: 'needed' },
    handler: 'h',
    overhead: { podFixed: { cpu: '10m' } },
  };
  await api.call('POST', '/apis/node.k8s.io/v1/runtimeclasses', { body: costly });
  await api.call('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { body: high });
});

afterEach(() => api.stop());

/** What the server makes up differs each time; a Job's labels repeat its uid. */
function comparable(object: unknown): unknown {
  const { metadata, ...rest } = object as { metadata: { uid: string } & Json };
  const text = JSON.stringify({ metadata, ...rest }).replaceAll(metadata.uid, 'UID');
  const copy = JSON.parse(text) as { metadata: Json };
  for (const field of ['creationTimestamp', 'resourceVersion', 'managedFields']) {
    delete copy.metadata[field];
  }
  return copy;
}

function refusal({ body }: Answer): string | undefined {
  return body.kind === 'Status' ? body.message : undefined;
}

const named = manifests.map(
  (each) => [`${each.apiVersion} ${each.kind} ${each.metadata.name}`, each] as const,
);

const encodings: readonly (readonly [string, (object: never) => unknown])[] = [
  ['application/json', (object) => JSON.stringify(object)],
  ['application/yaml', (object) => stringifyYaml(object)],
  ['application/vnd.kubernetes.protobuf', (object) => encodeProtobuf(object)],
];

describe('a full manifest', () => {
  const served = kinds.filter(({ verbs }) => verbs === undefined || verbs.includes('create'));
  const stored = served.filter(({ verbs }) => verbs === undefined || verbs.includes('get'));

  test.each(stored.map(({ type }) => [apiVersionOf(type), type.kind]))(
    'there is one of %s %s',
    (apiVersion, kind) => {
      const own = manifests.filter((each) => each.apiVersion === apiVersion && each.kind === kind);
      expect(own.length).toBeGreaterThan(0);
    },
  );

  test.each(named)('%s', async (_title, manifest) => {
    const collection = collectionOf(kinds, manifest);
    const url = `${collection}/${manifest.metadata.name}`;
    const seen: unknown[] = [];
    for (const [type, encode] of encodings) {
      const created = await api.call('POST', `${collection}?fieldValidation=Strict`, {
        body: encode(manifest as never),
        type,
      });
      expect(refusal(created)).toBeUndefined();
      expect(created.code).toBe(201);
      const { body: read } = await api.call('GET', url);
      expect(read).toMatchObject(manifest);
      expect(read).toEqual(created.body);
      seen.push(comparable(read));
      await api.call('DELETE', url, {
        body: { gracePeriodSeconds: 0, propagationPolicy: 'Background' },
      });
      const { finalizers } = manifest.metadata;
      if (finalizers !== undefined || manifest.kind === 'CustomResourceDefinition') {
        const released = { body: { metadata: { finalizers: null } } };
        await api.call('PATCH', url, { ...released, type: 'application/merge-patch+json' });
      }
      if (manifest.kind === 'Namespace') {
        await api.call('PUT', `${url}/finalize`, { body: { metadata: manifest.metadata } });
      }
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  test.each(named)('%s: its own copy changes nothing; a label does', async (_title, manifest) => {
    const collection = collectionOf(kinds, manifest);
    const url = `${collection}/${manifest.metadata.name}`;
    const { body: created } = await api.call('POST', collection, { body: manifest });
    const same = await api.call('PUT', url, { body: created });
    expect(refusal(same)).toBeUndefined();
    expect(same.body).toEqual(created);
    const labelled = await api.call('PATCH', url, {
      body: { metadata: { labels: { more: 'yes' } } },
      type: 'application/merge-patch+json',
    });
    expect(refusal(labelled)).toBeUndefined();
    expect(labelled.body.metadata.labels).toMatchObject({ more: 'yes' });
    const { generation } = created.metadata;
    // Whoever mirrors an EndpointSlice mirrors its labels.
    const counted = manifest.kind === 'EndpointSlice' ? generation! + 1 : generation;
    expect(labelled.body.metadata.generation).toBe(counted);
  });
});
