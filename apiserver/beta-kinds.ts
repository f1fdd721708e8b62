/** What Kubernetes 1.34 serves and does only where somebody asks for it. */
import type { ResourceDeclaration } from './registry/declaration.ts';
import { kinds, mutatingPolicyKinds } from './registry/kinds/index.ts';

export const MUTATING_POLICY = 'MutatingAdmissionPolicy';
const API = 'admissionregistration.k8s.io/v1beta1';
/** From the widest to the narrowest, which has the last word. */
const SELECTORS = ['api/all', 'api/beta', API];
const YES = ['', '1', 't', 'T', 'true', 'TRUE', 'True'];

/** "a=true,b=false" by name; what is said last counts. */
function said(text: string | undefined): ReadonlyMap<string, boolean> {
  const parts = (text ?? '').split(',').map((part) => part.split('='));
  return new Map(parts.map(([name = '', value = '']) => [name.trim(), YES.includes(value.trim())]));
}

/** --runtime-config: the API is served without the feature, too, as by kube-apiserver. */
export function kindsFor(runtimeConfig: string | undefined): readonly ResourceDeclaration[] {
  const config = said(runtimeConfig);
  const wanted = mutatingPolicyKinds.filter(({ type }) =>
    [...SELECTORS, `${API}/${type.resource}`].reduce(
      (served, selector) => config.get(selector) ?? served,
      false,
    ),
  );
  return wanted.length === 0 ? kinds : [...kinds, ...wanted];
}

/** --feature-gates: whether mutating policies have an effect. */
export function actsOnMutatingPolicies(featureGates: string | undefined): boolean {
  const gates = said(featureGates);
  return gates.get(MUTATING_POLICY) ?? gates.get('AllBeta') ?? false;
}
