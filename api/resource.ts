import type { KubernetesObject } from './meta.ts';

/**
 * One served resource: group, version and plural name as they stand in URLs, and the kind its
 * objects carry. `T` is the type of those objects and exists only at compile time.
 */
export interface ResourceType<T extends KubernetesObject = KubernetesObject> {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: "deployments". */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly __object?: T;
}

/** "v1" or "apps/v1". */
export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** Of "apps/v1": "apps"; of "v1": "". */
export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

/** "pods" or "deployments.apps": how errors name a resource. */
export function groupResource(type: { readonly group: string; readonly resource: string }): string {
  return type.group === '' ? type.resource : `${type.resource}.${type.group}`;
}

/**
 * "/api/v1/namespaces/default/pods/web" and the like. A namespaced type without a namespace: the
 * path over all namespaces.
 */
export function resourcePath(
  type: ResourceType,
  at: { readonly namespace?: string; readonly name?: string; readonly subresource?: string } = {},
): string {
  let path = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  if (type.namespaced && at.namespace) path += `/namespaces/${encodeURIComponent(at.namespace)}`;
  path += `/${type.resource}`;
  if (at.name !== undefined) path += `/${encodeURIComponent(at.name)}`;
  if (at.subresource !== undefined) path += `/${at.subresource}`;
  return path;
}
