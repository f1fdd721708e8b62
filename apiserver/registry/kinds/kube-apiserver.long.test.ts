/**
 * The list of wrong manifests, sent to a kube-apiserver that runs beside: what is asserted of our
 * own server is what Kubernetes says. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../../test/support/kube-apiserver.ts';
import { collectionOf, refusals } from '../../../test/support/manifests.ts';
import { kinds } from './index.ts';

describe.skipIf(!hasKubeApiserver())('kube-apiserver', () => {
  let kubernetes: KubeApiserver | undefined;

  beforeAll(async () => {
    kubernetes = await KubeApiserver.start();
  }, START_MS * 2);
  afterAll(() => kubernetes?.stop());

  test.each(refusals.map((each) => [each.title, each] as const))('%s', async (_title, refusal) => {
    const { manifest, message } = refusal;
    const path = `${collectionOf(kinds, manifest)}?dryRun=All`;
    const { body } = await kubernetes!.ask('POST', path, manifest);
    expect(body.message).toBe(message);
  });
});
