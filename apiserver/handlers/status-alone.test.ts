import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deepCopy } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { JsonValue } from '../../platform/net/http.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { type Answer, TestApi } from '../../test/support/api-core.ts';
import { collectionOf, type Manifest, manifests } from '../../test/support/manifests.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission/admission.ts';
import { kinds } from '../registry/kinds/index.ts';

/** What admission was shown of the last write. */
class Witness implements AdmissionPlugin {
  readonly name = 'Witness';
  seen: unknown[] = [];

  handles(): boolean {
    return true;
  }

  mutate({ object, oldObject }: AdmissionAttributes): void {
    this.seen = [deepCopy({ object, oldObject })];
  }

  validate({ object, oldObject }: AdmissionAttributes): void {
    this.seen.push(deepCopy({ object, oldObject }));
  }
}

const witness = new Witness();
let api: TestApi;
beforeAll(() => {
  api = new TestApi(kinds, new MemoryKv(), { admission: () => [witness] });
});
afterAll(() => api.stop());

/** The value that the watch cache shares with everybody in its process. */
async function shared(url: string): Promise<KubernetesObject> {
  const { body } = await api.respond('GET', url);
  return (body as JsonValue).value as KubernetesObject;
}

const withStatus = kinds.filter((kind) => kind.subresources?.some((each) => each.standsAlone));
const cases = withStatus.flatMap(({ type }) => {
  const isOne = ({ apiVersion, kind }: Manifest) =>
    apiVersion === apiVersionOf(type) && kind === type.kind;
  const manifest = manifests.find(isOne);
  return manifest ? [{ manifest, title: `${manifest.apiVersion} ${manifest.kind}` }] : [];
});

describe('a status that is sent with the very spec that is stored', () => {
  it('is one of most kinds', () => {
    expect(cases.length).toBeGreaterThan(withStatus.length / 2);
  });

  it.each(cases)('is judged and answered as if it were bytes: $title', async ({ manifest }) => {
    const collection = collectionOf(kinds, manifest);
    await api.call('POST', collection, { body: manifest });
    const url = `${collection}/${manifest.metadata.name}`;
    const put = async (body: unknown): Promise<readonly [Answer, unknown]> => {
      const answer = await api.call('PUT', `${url}/status?dryRun=All`, { body });
      return [answer, witness.seen];
    };
    const object = await shared(url);
    const metadata = { ...object.metadata, annotations: { by: 'status' } };
    const sent = { ...object, metadata, status: manifest['status'] ?? {} };
    const [asBytes, seenOfBytes] = await put(sent);
    expect(asBytes.body.metadata.name).toBe(manifest.metadata.name);
    const [asValue, seenOfValue] = await put(new JsonValue(sent));
    expect(asValue.body).toEqual(asBytes.body);
    expect(seenOfValue).toEqual(seenOfBytes);
  });
});

describe('a status that is sent with another spec', () => {
  it('leaves the stored one, and is refused if that spec is none', async () => {
    const pod = { spec: { containers: [{ name: 'c', image: 'i' }] } };
    const pods = '/api/v1/namespaces/default/pods';
    await api.call('POST', pods, { body: { ...pod, metadata: { name: 'other' } } });
    const stored = await shared(`${pods}/other`);
    const put = (spec: unknown): Promise<Answer> =>
      api.call('PUT', `${pods}/other/status`, {
        body: new JsonValue({ ...stored, spec, status: { phase: 'Running' } }),
      });
    expect((await put({ containers: 1 })).code).toBe(400);
    const { code, body } = await put({ nodeName: 'n' });
    expect({ code, spec: body.spec }).toEqual({
      code: 200,
      spec: (stored as Pod).spec,
    });
  });
});

describe('a pod that is told one of its addresses', () => {
  it.each([
    [{ podIP: '10.0.0.1' }, '10.0.0.1', ['10.0.0.1']],
    [{ podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }, '10.0.0.1', ['10.0.0.1', 'fd00::1']],
    [{ podIP: '10.0.0.2', podIPs: [{ ip: '10.0.0.1' }] }, '10.0.0.2', ['10.0.0.2']],
  ])('has both: %j', async (status, podIP, all) => {
    const pods = '/api/v1/namespaces/default/pods';
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    await api.call('POST', pods, { body: { spec, metadata: { name: 'told' } } });
    const type = 'application/merge-patch+json';
    const { body } = await api.call('PATCH', `${pods}/told/status?dryRun=All`, {
      ...{ body: { status }, type },
    });
    const podIPs = all.map((ip) => ({ ip }));
    expect((body as unknown as Pod).status).toMatchObject({ podIP, podIPs });
  });
});
