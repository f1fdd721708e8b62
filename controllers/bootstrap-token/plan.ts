import { BOOTSTRAP_TOKEN_PREFIX, bootstrapTokenOf } from '../../api/bootstrap-token.ts';
import type { ConfigMap, Secret } from '../../api/types/core-v1.ts';

const SIGNATURE = 'jws-kubeconfig-';

/** HMAC with SHA-256 of a text, by a key. */
export type Hmac = (key: string, text: string) => Uint8Array;

const base64url = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** RFC 7515, appendix F: a signature beside what it signs. kubeadm compares it byte by byte. */
function detachedSignature(content: string, token: { id: string; secret: string }, hmac: Hmac) {
  const header = base64url(`{"alg":"HS256","kid":"${token.id}"}`);
  return `${header}..${base64url(hmac(token.secret, `${header}.${base64url(content)}`))}`;
}

/**
 * cluster-info with its kubeconfig signed by every token that may sign, and by no other; undefined
 * if it is so already, or has no kubeconfig.
 */
export function planSignatures(
  map: ConfigMap,
  secrets: readonly Secret[],
  { nowMs, hmac }: { readonly nowMs: number; readonly hmac: Hmac },
): ConfigMap | undefined {
  const held = map.data ?? {};
  const { kubeconfig } = held;
  if (kubeconfig === undefined) return undefined;
  const others = Object.entries(held).filter(([key]) => !key.startsWith(SIGNATURE));
  const data = Object.fromEntries(others);
  for (const secret of secrets) {
    const token = bootstrapTokenOf(secret);
    if (token === undefined || token.id === '' || token.secret === '') continue;
    if (secret.metadata.name !== BOOTSTRAP_TOKEN_PREFIX + token.id) continue;
    if (!token.isFor('signing') || token.endMs <= nowMs) continue;
    data[SIGNATURE + token.id] = detachedSignature(kubeconfig, token, hmac);
  }
  const isSame =
    Object.keys(data).length === Object.keys(held).length &&
    Object.entries(data).every(([key, text]) => held[key] === text);
  return isSame ? undefined : { ...map, data };
}
