import type { KubernetesObject } from '../../api/meta.ts';
import { apiVersionOf, groupResource } from '../../api/resource.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { DiscoveredResource } from './discover.ts';
import { displayName, pathOf } from './resources.ts';

/** One object that a command line names, wherever it was named. */
export interface Located {
  readonly type: DiscoveredResource;
  /** Undefined for cluster-scoped types. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** What the manifest or a list says; absent when only the name is known. */
  readonly object?: KubernetesObject;
  /** `"web.yaml" (document 2, line 14)`, for an object of a manifest. */
  readonly place?: string;
}

/** "deployment.apps/web" */
export const titleOf = ({ type, name }: Located): string => displayName(type, name);

/** `deployments.apps "web"`: how errors name an object. */
export const quotedTitle = ({ type, name }: Located): string =>
  `${groupResource(type)} ${JSON.stringify(name)}`;

/** Throws UsageError for what has no name: its path would be that of all objects of its kind. */
export function objectPath({ type, namespace, name }: Located, subresource?: string): string {
  if (name === '') throw new UsageError('resource name may not be empty');
  return pathOf(type, namespace, name) + (subresource === undefined ? '' : `/${subresource}`);
}

/** The live object. */
export async function readLive(session: Session, located: Located): Promise<KubernetesObject> {
  const path = objectPath(located);
  return (await session.api.send({ method: 'GET', path })) as KubernetesObject;
}

/** An item of a list, which does not say its kind by itself. */
export function itemOf(type: DiscoveredResource, item: KubernetesObject): Located {
  const object = { ...item, apiVersion: apiVersionOf(type), kind: type.kind };
  const { name = '', namespace } = item.metadata;
  return { type, namespace: type.namespaced ? namespace : undefined, name, object };
}
