import { statusError } from '../../api/status.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Random } from '../../platform/random.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import type { Caller, ObjectAt } from '../registry/resource-context.ts';
import type { ResourceStore } from '../registry/resource-store.ts';

/** What a verb works on: a request, and the resource that it names. */
export interface Target {
  readonly request: ApiRequest;
  readonly store: ResourceStore;
  readonly environment: Environment;
}

export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * The object in the path. A request's namespace is "" for a cluster-scoped resource: the path of
 * a Namespace itself counts as being in it only for authorization.
 */
export function objectAt({ request, store }: Target): ObjectAt {
  const { name } = request.info;
  // No path segment that is a name can be one of these; they come as escapes.
  if (name === '.' || name === '..' || name.includes('/') || name.includes('%'))
    throw statusError('BadRequest', `Name parameter invalid: ${JSON.stringify(name)}: may not be`);
  return { namespace: namespaceOf({ request, store }), name };
}

export function namespaceOf({ request, store }: Pick<Target, 'request' | 'store'>): string {
  return store.declaration.type.namespaced ? request.info.namespace : '';
}

export function callerOf({ request }: Target, dryRun: boolean): Caller {
  return { user: request.user, dryRun };
}

/** An object of a namespaced resource can be named only within its namespace. */
export function requireNamespace({ request, store }: Target): void {
  if (store.declaration.type.namespaced && request.info.namespace === '') throw methodNotAllowed();
}

export function methodNotAllowed() {
  return statusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function resourceNotFound() {
  return statusError('NotFound', 'the server could not find the requested resource', {});
}
