import { PRIVILEGED_GROUP, type User } from '../authn/user.ts';

/**
 * Whose requests share a place in line. Users are flows of their own, as in Kubernetes' default
 * FlowSchemas; how much of the server one flow may hold depends on who it is.
 */
export interface Flow {
  readonly name: string;
  /** The part of all places that the flow may hold at once. */
  readonly share: number;
  /** Requests it may start before the server looks who else has come; absent: any number. */
  readonly burst?: number;
}

/** The parts of the cluster itself: others wait for what they do. */
const SYSTEM_GROUPS = ['system:nodes', 'wherry:hollow-nodes', 'system:serviceaccounts:kube-system'];
const SYSTEM_USER = /^system:(kube-|apiserver$)/;

/** What Kubernetes' level global-default has of all levels' shares, about. */
const GUEST_SHARE = 1 / 12;
const GUEST_BURST = 8;

export function flowOf({ name, groups }: User): Flow {
  if (groups.includes(PRIVILEGED_GROUP)) return { name, share: 1 };
  if (SYSTEM_USER.test(name) || SYSTEM_GROUPS.some((group) => groups.includes(group)))
    return { name, share: 1 / 2 };
  return { name, share: GUEST_SHARE, burst: GUEST_BURST };
}
