/**
 * The transcripts once more, on Kubernetes' own API server: kubectl-lite is a client of any
 * cluster. Skipped, loudly, where `kube-apiserver` or `etcd` is not on the PATH.
 */
import { describe, it } from 'vitest';
import { hasKubeApiserver, startKubeApiserver } from './kube-apiserver-stage.ts';
import { playOn } from './side-by-side.ts';

if (hasKubeApiserver) {
  playOn('kube-apiserver', startKubeApiserver);
  await import('./access.test.ts');
  await import('./apply.test.ts');
  await import('./change.test.ts');
  await import('./configuration.test.ts');
  await import('./create.test.ts');
  await import('./describe.test.ts');
  await import('./discovery.test.ts');
  await import('./get.test.ts');
  await import('./rest.test.ts');
  await import('./yaml.test.ts');
  await import('./describe-kinds.long.test.ts');
  await import('./generators.long.test.ts');
  await import('./rollout.long.test.ts');
  await import('./sessions.long.test.ts');
} else {
  describe.skip('kubectl-lite beside kubectl, on kube-apiserver', () => {
    it('is not tried: kube-apiserver or etcd is not on the PATH', () => {});
  });
}
