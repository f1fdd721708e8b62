import { type Draft, nameOf } from '../../api/meta.ts';
import type { Namespace, ServiceAccount } from '../../api/types/core-v1.ts';

export const DEFAULT_ACCOUNT = 'default';

/** What is known of one namespace. */
export interface NamespaceAccounts {
  readonly namespace: Namespace | undefined;
  readonly account: ServiceAccount | undefined;
}

/** The account to make; undefined: none. */
export function planAccount({
  namespace,
  account,
}: NamespaceAccounts): Draft<ServiceAccount> | undefined {
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined)
    return undefined;
  if (account !== undefined) return undefined;
  return { metadata: { namespace: nameOf(namespace), name: DEFAULT_ACCOUNT } };
}
