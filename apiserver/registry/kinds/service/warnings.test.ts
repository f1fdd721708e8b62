import { expect, it } from 'vitest';
import type { ServiceSpec } from '../../../../api/types/core-v1.ts';
import { warnings } from './warnings.ts';

/** Those of the first are what kube-apiserver 1.34.1 answers, which knows no other session. */
it.each<[ServiceSpec, string[]]>([
  [
    { type: 'ClusterIP', clusterIP: 'None', sessionAffinity: 'None' },
    ['spec.SessionAffinity is ignored for headless services'],
  ],
  [{ type: 'ClusterIP', clusterIP: '10.0.0.1', sessionAffinity: 'ClientIP' }, []],
  [
    { type: 'ExternalName', externalName: 'a.example', externalIPs: ['10.1.1.1'] },
    ['spec.externalIPs is ignored when spec.type is "ExternalName"'],
  ],
  [
    { type: 'ClusterIP', externalName: 'a.example' },
    ['spec.externalName is ignored when spec.type is not "ExternalName"'],
  ],
])('%j', (spec, told) => {
  expect(warnings({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec })).toEqual(
    told,
  );
});
