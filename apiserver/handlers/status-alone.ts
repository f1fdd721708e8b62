import type { KubernetesObject } from '../../api/meta.ts';
import { isObject } from '../../api/deep.ts';
import { type HttpRequest, JsonValue } from '../../platform/net/http.ts';
import type { Subresource } from '../registry/declaration.ts';
import type { Body } from './body.ts';

/** What a write of a status changes, and what says of which object. */
const READ = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** A body without what stays as it is stored. */
export interface StatusAlone {
  readonly body: Body;
  /** True if what the body leaves out is what is stored: the very same values. */
  readonly fits: (current: KubernetesObject | undefined) => boolean;
}

/**
 * A component in the same process sends a status together with the spec that it has from the watch
 * cache, which need not be decoded, completed and compared again. Undefined for all other writes.
 */
export function statusAlone(
  { body, headers }: HttpRequest,
  subresource: Subresource<KubernetesObject> | undefined,
): StatusAlone | undefined {
  if (subresource?.standsAlone !== true || !(body instanceof JsonValue)) return undefined;
  const value = body.value;
  if (!isObject(value)) return undefined;
  const read: Record<string, unknown> = {};
  for (const name in value) if (READ.has(name)) read[name] = value[name];
  return {
    body: { headers, body: new JsonValue(read) },
    fits: (current) => current !== undefined && isSameRest(value, current),
  };
}

function isSameRest(sent: object, stored: object): boolean {
  const [a, b] = [sent, stored] as Readonly<Record<string, unknown>>[];
  for (const name in a) if (!READ.has(name) && a[name] !== b![name]) return false;
  for (const name in b) if (!READ.has(name) && a![name] === undefined) return false;
  return true;
}
