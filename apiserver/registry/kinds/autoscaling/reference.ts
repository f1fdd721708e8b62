import { type FieldError, invalid, required } from '../../../../api/field-errors.ts';
import type { CrossVersionObjectReference } from '../../../../api/types/autoscaling-v2.ts';
import { pathSegment } from '../../../../api/validation/names.ts';
import { check } from '../checks.ts';

/** What an update leaves as it was is not judged again. */
export interface ReferenceRules {
  readonly allowsAnyVersion: boolean;
  readonly allowsCoreGroup: boolean;
}

/** Why the version is none, if it is to be one. */
export function versionFault(apiVersion: string, rules: ReferenceRules): string | undefined {
  if (rules.allowsAnyVersion) return undefined;
  const parts = apiVersion.split('/');
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  const isCore = parts.length < 2 || parts[0] === '';
  return isCore && !rules.allowsCoreGroup ? 'apiVersion must specify API group' : undefined;
}

export function validateReference(
  reference: CrossVersionObjectReference | undefined,
  rules: ReferenceRules,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['kind', 'name'] as const) {
    const value = reference?.[name] ?? '';
    if (value === '') errors.push(required(`${field}.${name}`));
    else errors.push(...check(pathSegment, value, `${field}.${name}`));
  }
  const apiVersion = reference?.apiVersion ?? '';
  const fault = versionFault(apiVersion, rules);
  if (fault !== undefined) errors.push(invalid(`${field}.apiVersion`, apiVersion, fault));
  return errors;
}
