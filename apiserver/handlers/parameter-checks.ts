import { type FieldError, forbidden, invalidError, notSupported } from '../../api/field-errors.ts';
import type { VersionParameters } from '../registry/resource-store.ts';

/** Refuses combinations that a list, or a watch, cannot mean. */
export function checkParameters(parameters: VersionParameters, watch: boolean): void {
  const errors = watch ? watchErrors(parameters) : listErrors(parameters);
  if (errors.length > 0)
    throw invalidError({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

const MATCH = 'resourceVersionMatch';

function listErrors(parameters: VersionParameters): FieldError[] {
  const { resourceVersion, resourceVersionMatch: match } = parameters;
  const errors: FieldError[] = [];
  if (match !== undefined) {
    if (resourceVersion === '')
      errors.push(forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
    if (parameters.continue !== undefined)
      errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
  }
  if (parameters.sendInitialEvents !== undefined)
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function watchErrors(parameters: VersionParameters): FieldError[] {
  const { resourceVersion, sendInitialEvents } = parameters;
  // A watch that names no version, and no match, has Kubernetes' default of both.
  const isFromState = sendInitialEvents === undefined && ['', '0'].includes(resourceVersion);
  const { resourceVersionMatch: match } = parameters;
  const errors: FieldError[] = [];
  if (isFromState && match === undefined && parameters.continue !== undefined)
    errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to NotOlderThan`));
  if (match !== undefined) {
    if (sendInitialEvents === undefined)
      errors.push(
        forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`),
      );
    if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
    if (parameters.continue !== undefined)
      errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
  }
  return errors;
}
