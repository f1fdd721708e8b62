/** Kinds that Kubernetes 1.34 serves only where somebody asks for them. */
import type { ResourceDeclaration } from './registry/declaration.ts';
import { kinds, mutatingPolicyKinds } from './registry/kinds/index.ts';

const GATE = 'MutatingAdmissionPolicy';
const API = 'admissionregistration.k8s.io/v1beta1';

/** "a=true,b=false"; a name alone says yes. */
function saysYes(text: string | undefined, name: string): boolean {
  const parts = (text ?? '').split(',').map((part) => part.trim());
  return parts.some((part) => part === name || part.toLowerCase() === `${name}=true`.toLowerCase());
}

/** --feature-gates and --runtime-config: both are needed, as in kube-apiserver. */
export function kindsFor(flags: {
  readonly featureGates?: string | undefined;
  readonly runtimeConfig?: string | undefined;
}): readonly ResourceDeclaration[] {
  const { featureGates, runtimeConfig } = flags;
  const gate = saysYes(featureGates, GATE) || saysYes(featureGates, 'AllBeta');
  const api = [API, 'api/beta', 'api/all'].some((name) => saysYes(runtimeConfig, name));
  return gate && api ? [...kinds, ...mutatingPolicyKinds] : kinds;
}
