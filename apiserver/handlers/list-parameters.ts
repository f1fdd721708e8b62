import type { VersionParameters } from '../registry/resource-store.ts';
import { booleanParameter, numberParameter, textParameter } from './options.ts';

/** The query parameters that say which state, and how much of it, a list or watch is about. */
export function listParameters(query: URLSearchParams): VersionParameters {
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
