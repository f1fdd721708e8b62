import { expect, it } from 'vitest';
import { kindsFor } from './beta-kinds.ts';

it.each([
  [undefined, undefined, false],
  ['MutatingAdmissionPolicy=true', undefined, false],
  [undefined, 'admissionregistration.k8s.io/v1beta1=true', false],
  ['A=false,MutatingAdmissionPolicy=true', 'admissionregistration.k8s.io/v1beta1', true],
  ['AllBeta=true', 'api/all=true', true],
  ['MutatingAdmissionPolicy=false', 'api/all=true', false],
])('--feature-gates=%s --runtime-config=%s: %s', (featureGates, runtimeConfig, served) => {
  const kinds = kindsFor({ featureGates, runtimeConfig });
  const found = kinds.some(({ type }) => type.kind === 'MutatingAdmissionPolicy');
  expect(found).toBe(served);
});
