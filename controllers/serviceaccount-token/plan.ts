import { ACCOUNT_UID, TOKEN_TYPE } from '../../api/token-secrets.ts';
import type { Secret, ServiceAccount } from '../../api/types/core-v1.ts';

/** What is to become of a Secret that asks for a service account's token. */
export type Plan =
  | { readonly type: 'nothing' }
  /** Its account is gone, or is another one by now. */
  | { readonly type: 'delete' }
  | { readonly type: 'fill'; readonly secret: Secret };

export interface Contents {
  /** PEM. */
  readonly rootCa: string;
  /** A new token of the account, bound to the Secret. */
  readonly token: (account: ServiceAccount, secret: Secret) => string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export function planTokenSecret(
  secret: Secret,
  account: ServiceAccount | undefined,
  { rootCa, token }: Contents,
): Plan {
  const { annotations = {}, namespace = '' } = secret.metadata;
  if (secret.type !== TOKEN_TYPE || secret.metadata.deletionTimestamp !== undefined)
    return { type: 'nothing' };
  const uid = annotations[ACCOUNT_UID] ?? '';
  const isSame = account !== undefined && (uid === '' || uid === account.metadata.uid);
  if (!isSame) return { type: 'delete' };
  const data: Record<string, string> = { ...secret.data };
  const ca = base64(rootCa);
  if (rootCa !== '' && data['ca.crt'] !== ca) data['ca.crt'] = ca;
  if (!data['namespace']) data['namespace'] = base64(namespace);
  if (!data['token']) data['token'] = base64(token(account, secret));
  const isFull =
    uid !== '' && Object.entries(data).every(([key, value]) => secret.data?.[key] === value);
  if (isFull) return { type: 'nothing' };
  const metadata = {
    ...secret.metadata,
    annotations: { ...annotations, [ACCOUNT_UID]: account.metadata.uid ?? '' },
  };
  return { type: 'fill', secret: { ...secret, metadata, data } };
}
