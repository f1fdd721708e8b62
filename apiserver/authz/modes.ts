import { AnyOf } from './any-of.ts';
import { alwaysAllow, alwaysDeny, privilegedGroup } from './always.ts';
import type { Authorizer } from './authorizer.ts';

/** --authorization-mode of kube-apiserver; each may be named once. */
export const authorizationModes = [
  'Node',
  'RBAC',
  'ABAC',
  'Webhook',
  'AlwaysAllow',
  'AlwaysDeny',
] as const;

export type AuthorizationMode = (typeof authorizationModes)[number];

/** Authorizers that a file makes; the others are known by their names. */
export type AuthorizationStep = Exclude<AuthorizationMode, 'Webhook' | 'ABAC'> | Authorizer;

/** kubeadm's. */
export const DEFAULT_MODES = ['Node', 'RBAC'] as const;

/** In the order given now, after the group that may do everything. */
export function authorizerOf(
  steps: () => readonly AuthorizationStep[],
  known: Readonly<Record<'Node' | 'RBAC', Authorizer>>,
): Authorizer {
  const all = { AlwaysAllow: alwaysAllow, AlwaysDeny: alwaysDeny, ...known };
  let of: readonly AuthorizationStep[] | undefined;
  let made: readonly Authorizer[] = [];
  return new AnyOf(() => {
    const now = steps();
    if (now === of) return made;
    of = now;
    made = [privilegedGroup, ...now.map((step) => (typeof step === 'string' ? all[step] : step))];
    return made;
  });
}
