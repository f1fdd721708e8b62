import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deepCopy } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { TestApi } from '../../test/support/api-core.ts';
import { kinds } from '../registry/kinds/index.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

/** Writes down what it sees, and labels whatever it may change. */
class Witness implements AdmissionPlugin {
  readonly name = 'Witness';
  readonly seen: (AdmissionAttributes & { readonly phase: string })[] = [];

  handles(): boolean {
    return true;
  }

  mutate(attributes: AdmissionAttributes): void {
    this.#note('mutate', attributes);
    const { object } = attributes;
    if (object === undefined) return;
    object.metadata.labels = { ...object.metadata.labels, seen: 'yes' };
    attributes.request?.warn(`${attributes.operation} is watched`);
  }

  validate(attributes: AdmissionAttributes): void {
    this.#note('validate', attributes);
  }

  #note(phase: string, attributes: AdmissionAttributes): void {
    const { request: _request, ...rest } = attributes;
    this.seen.push(deepCopy({ ...rest, phase }));
  }

  /** "mutate UPDATE deployments/scale Scale Scale": kinds of object and old object. */
  get lines(): string[] {
    const kindOf = (object: KubernetesObject | undefined): string => object?.kind ?? '-';
    return this.seen.map(({ phase, operation, type, subresource, object, oldObject }) => {
      const resource = subresource === '' ? type.resource : `${type.resource}/${subresource}`;
      return `${phase} ${operation} ${resource} ${kindOf(object)} ${kindOf(oldObject)}`;
    });
  }

  forget(): void {
    this.seen.length = 0;
  }
}

const pods = '/api/v1/namespaces/d/pods';
const deployments = '/apis/apps/v1/namespaces/d/deployments';
const spec = { containers: [{ name: 'c', image: 'i' }] };
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
const labels = { app: 'a' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'w' },
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
};

let api: TestApi;
let witness: Witness;
beforeEach(async () => {
  witness = new Witness();
  api = new TestApi(kinds, new MemoryKv(), { admission: () => [witness] });
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
  await api.call('POST', pods, { body: pod });
  await api.call('POST', deployments, { body: deployment });
  witness.forget();
});
afterEach(() => api.stop());

describe('admission sees', () => {
  it('what is sent to a status, and only the status is taken from it', async () => {
    const status = { ...pod, status: { phase: 'Running' } };
    const answer = await api.call('PUT', `${pods}/p/status`, { body: status });
    expect(answer.code).toBe(200);
    expect(answer.body).toMatchObject({ status: { phase: 'Running' }, spec });
    expect(new Set(witness.lines)).toEqual(
      new Set(['mutate UPDATE pods/status Pod Pod', 'validate UPDATE pods/status Pod Pod']),
    );
    expect(answer.headers['warning']).toBe('299 - "UPDATE is watched"');
  });

  it('a scale as a Scale', async () => {
    const body = { metadata: { name: 'w' }, spec: { replicas: 3 } };
    const answer = await api.call('PUT', `${deployments}/w/scale`, { body });
    expect(answer.body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
    expect(witness.lines).toEqual([
      'mutate UPDATE deployments/scale Scale Scale',
      'validate UPDATE deployments/scale Scale Scale',
    ]);
    expect(witness.seen[0]).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      oldObject: { spec: { replicas: 1 } },
    });
  });

  it('a binding and an eviction as what was posted, created', async () => {
    const target = { kind: 'Node', name: 'n' };
    const body = { metadata: { name: 'p' }, target };
    expect((await api.call('POST', `${pods}/p/binding`, { body })).code).toBe(201);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
    expect((await api.call('POST', `${pods}/p/eviction`, { body: eviction })).code).toBe(201);
    expect(new Set(witness.lines)).toEqual(
      new Set([
        'mutate CREATE pods/binding Binding -',
        'validate CREATE pods/binding Binding -',
        'mutate CREATE pods/eviction Eviction -',
        'validate CREATE pods/eviction Eviction -',
      ]),
    );
  });

  it('a binding that was posted to the resource of its own as that', async () => {
    const body = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } };
    const bindings = '/api/v1/namespaces/d/bindings';
    expect((await api.call('POST', bindings, { body })).code).toBe(201);
    expect(witness.lines).toEqual([
      'mutate CREATE bindings Binding -',
      'validate CREATE bindings Binding -',
    ]);
    const kind = { group: '', version: 'v1', kind: 'Binding' };
    expect(witness.seen[0]).toMatchObject({ kind, name: 'p', namespace: 'd' });
    expect((await api.call('GET', `${pods}/p`)).body.spec.nodeName).toBe('n');
  });

  it('each object of a deleted collection, with the options', async () => {
    await api.call('DELETE', `${deployments}?propagationPolicy=Orphan`);
    expect(new Set(witness.lines)).toEqual(
      new Set([
        'mutate DELETE deployments - Deployment',
        'validate DELETE deployments - Deployment',
      ]),
    );
    expect(witness.seen[0]).toMatchObject({ name: 'w', options: { propagationPolicy: 'Orphan' } });
  });

  it('a question, before it is answered', async () => {
    const url = '/apis/authentication.k8s.io/v1/tokenreviews';
    const metadata = { name: 'q' };
    await api.call('POST', url, { body: { metadata, spec: { token: 'good' } } });
    expect(witness.lines).toEqual([
      'mutate CREATE tokenreviews TokenReview -',
      'validate CREATE tokenreviews TokenReview -',
    ]);
    expect(witness.seen[0]).toMatchObject({ name: 'q', namespace: '' });
  });

  it('the stored version, and which one the client speaks', async () => {
    const url = '/apis/autoscaling/v1/namespaces/d/horizontalpodautoscalers';
    const scaleTargetRef = { kind: 'Deployment', name: 'w', apiVersion: 'apps/v1' };
    const body = { metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef } };
    expect((await api.call('POST', `${url}?fieldManager=me`, { body })).code).toBe(201);
    expect(witness.seen[0]).toMatchObject({
      type: { version: 'v2' },
      requestedType: { version: 'v1' },
      object: { apiVersion: 'autoscaling/v2' },
      options: { fieldManager: 'me' },
    });
  });
});
