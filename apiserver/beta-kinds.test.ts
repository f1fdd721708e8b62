import { expect, it } from 'vitest';
import { actsOnMutatingPolicies, kindsFor } from './beta-kinds.ts';

const API = 'admissionregistration.k8s.io/v1beta1';

it.each([
  [undefined, 0],
  ['', 0],
  [`${API}=true`, 2],
  [API, 2],
  ['api/all=true', 2],
  ['api/beta=true', 2],
  ['api/all=true,api/beta=false', 0],
  [`${API}=true,api/all=false`, 2],
  [`api/beta=true,${API}=false`, 0],
  [`${API}=true,${API}/mutatingadmissionpolicybindings=false`, 1],
])('--runtime-config=%s serves %i kinds of mutating policies', (runtimeConfig, count) => {
  const served = kindsFor(runtimeConfig).filter(({ type }) => type.kind.startsWith('Mutating'));
  const webhooks = served.filter(({ type }) => type.kind === 'MutatingWebhookConfiguration');
  expect(served.length - webhooks.length).toBe(count);
});

it.each([
  [undefined, false],
  ['MutatingAdmissionPolicy=true', true],
  ['A=false,MutatingAdmissionPolicy=true', true],
  ['AllBeta=true', true],
  ['AllBeta=true,MutatingAdmissionPolicy=false', false],
  ['MutatingAdmissionPolicy=false,MutatingAdmissionPolicy=true', true],
])('--feature-gates=%s lets them act: %s', (featureGates, acts) => {
  expect(actsOnMutatingPolicies(featureGates)).toBe(acts);
});
