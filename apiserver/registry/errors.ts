import { groupResource, type ResourceType } from '../../api/resource.ts';
import { type Status, type StatusError, statusError } from '../../api/status.ts';

/** Kubernetes' errors about one object: texts of apimachinery api/errors as clients print them. */
type Named = Pick<ResourceType, 'group' | 'resource'>;

function details(type: Named, name: string) {
  return { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.resource };
}

export function notFoundError(type: Named, name: string): StatusError {
  const text = `${groupResource(type)} ${JSON.stringify(name)} not found`;
  return statusError('NotFound', text, details(type, name));
}

export function alreadyExistsError(
  type: Named,
  name: string,
  options: { readonly deleting: boolean },
): StatusError {
  const prefix = options.deleting ? 'object is being deleted: ' : '';
  const text = `${prefix}${groupResource(type)} ${JSON.stringify(name)} already exists`;
  return statusError('AlreadyExists', text, details(type, name));
}

/** After the last attempt to find a free name for `generateName`. */
export function generateNameError(type: Named, name: string): StatusError {
  return statusError(
    'AlreadyExists',
    `${groupResource(type)} ${JSON.stringify(name)} already exists, the server was not able to ` +
      `generate a unique name for the object`,
    { ...details(type, name), retryAfterSeconds: 1 },
  );
}

export function conflictError(type: Named, name: string, detail: string): StatusError {
  return statusError(
    'Conflict',
    `Operation cannot be fulfilled on ${groupResource(type)} ${JSON.stringify(name)}: ${detail}`,
    details(type, name),
  );
}

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbiddenError(type: Named, name: string, detail: string): StatusError {
  const named = name === '' ? '' : ` ${JSON.stringify(name)}`;
  const { name: _name, ...unnamed } = details(type, name);
  const text = `${groupResource(type)}${named} is forbidden: ${detail}`;
  return statusError('Forbidden', text, name === '' ? unnamed : details(type, name));
}

export function badRequest(message: string): StatusError {
  return statusError('BadRequest', message);
}

/** The answer of a write that leaves nothing to show. */
export function success(type: Named, name: string, uid: string | undefined): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...details(type, name), ...(uid === undefined ? {} : { uid }) },
  };
}
