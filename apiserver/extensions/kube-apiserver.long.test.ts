/**
 * What is asserted of our server in `kubernetes-answers.test.ts` is what Kubernetes answers. Needs
 * etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, test } from 'vitest';
import {
  type Kubernetes,
  kubernetesIsThere,
  START_MS,
  startKubernetes,
} from '../../test/support/kube-apiserver.ts';
import {
  definitionCases,
  installObjects,
  judgesDefinition,
  judgesObject,
  judgesPolicy,
  objectCases,
  policyCases,
} from '../../test/support/kubernetes-answers.ts';

describe.skipIf(!kubernetesIsThere())('kube-apiserver', () => {
  let kubernetes: Kubernetes | undefined;

  beforeAll(async () => {
    kubernetes = await startKubernetes();
  }, START_MS * 2);
  afterAll(() => kubernetes?.stop());

  test('judges definitions so', { timeout: START_MS }, async () => {
    for (const one of definitionCases) await judgesDefinition(kubernetes!.call, one);
  });

  test('judges policies and webhooks so', { timeout: START_MS }, async () => {
    for (const one of policyCases) await judgesPolicy(kubernetes!.call, one);
  });

  test('judges custom objects so', { timeout: START_MS }, async () => {
    await installObjects(kubernetes!.call);
    for (const one of objectCases) await judgesObject(kubernetes!.call, one);
  });
});
