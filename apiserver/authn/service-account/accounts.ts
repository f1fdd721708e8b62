import type { KubernetesObject } from '../../../api/meta.ts';
import type { Node, Pod, Secret, ServiceAccount } from '../../../api/types/core-v1.ts';

/** One resource as tokens depend on it. */
export interface TokenSubjects<T extends KubernetesObject> {
  /** What this server knows; else, and with `live`, what the store says. */
  find(namespace: string, name: string, live?: boolean): Promise<T | undefined>;
}

/** What a token stands for, and what it may be bound to. */
export interface AccountObjects {
  readonly serviceAccounts: TokenSubjects<ServiceAccount>;
  readonly pods: TokenSubjects<Pod>;
  readonly secrets: TokenSubjects<Secret>;
  readonly nodes: TokenSubjects<Node>;
}
