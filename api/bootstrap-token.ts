/**
 * What the Secret of a bootstrap token says
 * (https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/): the API server, the
 * signer of cluster-info and the cleaner read the same fields.
 */
import { parseTime } from './time.ts';
import type { Secret } from './types/core-v1.ts';

export const BOOTSTRAP_TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
export const BOOTSTRAP_TOKEN_PREFIX = 'bootstrap-token-';

export type BootstrapTokenUsage = 'authentication' | 'signing';

export interface BootstrapToken {
  readonly id: string;
  readonly secret: string;
  /** Infinity for one that never ends; 0 for one whose end nobody can read, as in Kubernetes. */
  readonly endMs: number;
  /** Beyond system:bootstrappers. */
  readonly extraGroups: readonly string[];
  readonly isFor: (usage: BootstrapTokenUsage) => boolean;
}

/** Undefined for a Secret of another type. */
export function bootstrapTokenOf({ type, data = {} }: Secret): BootstrapToken | undefined {
  if (type !== BOOTSTRAP_TOKEN_TYPE) return undefined;
  const field = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString();
  const expiration = field('expiration');
  const groups = field('auth-extra-groups');
  return {
    id: field('token-id'),
    secret: field('token-secret'),
    endMs: expiration === '' ? Infinity : (parseTime(expiration) ?? 0),
    extraGroups: groups === '' ? [] : groups.split(','),
    isFor: (usage) => field(`usage-bootstrap-${usage}`) === 'true',
  };
}
