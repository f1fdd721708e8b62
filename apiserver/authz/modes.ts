import { AnyOf } from './any-of.ts';
import { alwaysAllow, alwaysDeny, privilegedGroup } from './always.ts';
import type { Authorizer } from './authorizer.ts';

/** --authorization-mode of kube-apiserver; each may be named once. */
export const authorizationModes = ['Node', 'RBAC', 'AlwaysAllow', 'AlwaysDeny'] as const;

export type AuthorizationMode = (typeof authorizationModes)[number];

/** kubeadm's. */
export const DEFAULT_MODES: readonly AuthorizationMode[] = ['Node', 'RBAC'];

/** In the order of the modes, after the group that may do everything. */
export function authorizerOf(
  modes: readonly AuthorizationMode[],
  known: Readonly<Record<'Node' | 'RBAC', Authorizer>>,
): Authorizer {
  const all = { AlwaysAllow: alwaysAllow, AlwaysDeny: alwaysDeny, ...known };
  return new AnyOf([privilegedGroup, ...modes.map((mode) => all[mode])]);
}
