import type { Scope, VersionParameters } from '../registry/resource-store.ts';
import { isSet } from '../pipeline/request-info.ts';
import { booleanParameter, numberParameter, textParameter } from './options.ts';
import { checkParameters } from './parameter-checks.ts';
import { checkForm } from './respond.ts';
import { scopeOf, selectorsOf } from './selectors.ts';
import type { Target } from './target.ts';

/**
 * Of which objects a list, watch or deletion of many is, in Kubernetes' order of refusals: what
 * cannot be read, what does not go together, the form of the answer, fields that are none.
 */
export function collectionAsked(target: Target): {
  readonly scope: Scope;
  readonly parameters: VersionParameters;
} {
  const { request, store } = target;
  const { query } = request.http;
  const parameters = listParameters(query);
  const selectors = selectorsOf(query);
  // The deprecated paths of watches are judged as lists.
  checkParameters(parameters, isSet(query.get('watch')));
  checkForm(request, store.declaration);
  return { scope: scopeOf(target, selectors), parameters };
}

/** The query parameters that say which state, and how much of it, a list or watch is about. */
function listParameters(query: URLSearchParams): VersionParameters {
  // Only a watch has a use for it.
  numberParameter(query, 'timeoutSeconds');
  return {
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: textParameter(query, 'resourceVersionMatch'),
    sendInitialEvents: booleanParameter(query, 'sendInitialEvents'),
    continue: textParameter(query, 'continue'),
    limit: Math.max(numberParameter(query, 'limit') ?? 0, 0),
  };
}
