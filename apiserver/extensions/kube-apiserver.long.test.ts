/**
 * What is asserted of our server in `kubernetes-answers.test.ts`, and in
 * `apiserver/admission/policies/examples.test.ts`, is what Kubernetes answers. Needs
 * etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../test/support/kube-apiserver.ts';
import {
  definitionCases,
  installObjects,
  judgesDefinition,
  judgesObject,
  judgesPolicy,
  objectCases,
  policyCases,
} from '../../test/support/kubernetes-answers.ts';
import { playExample, policyExamples } from '../../test/support/policy-examples.ts';

describe.skipIf(!hasKubeApiserver())('kube-apiserver', () => {
  let kubernetes: KubeApiserver | undefined;

  beforeAll(async () => {
    kubernetes = await KubeApiserver.start();
  }, START_MS * 2);
  afterAll(() => kubernetes?.stop());

  test('judges definitions so', { timeout: START_MS }, async () => {
    for (const one of definitionCases) await judgesDefinition(kubernetes!.ask, one);
  });

  test('judges policies and webhooks so', { timeout: START_MS }, async () => {
    for (const one of policyCases) await judgesPolicy(kubernetes!.ask, one);
  });

  test('answers the documentation’s policies so', { timeout: START_MS * 2 }, async () => {
    for (const one of policyExamples) await playExample(kubernetes!.ask, one);
  });

  test('judges custom objects so', { timeout: START_MS }, async () => {
    await installObjects(kubernetes!.ask);
    for (const one of objectCases) await judgesObject(kubernetes!.ask, one);
  });
});
