import { type FieldError, invalidError, notSupported } from '../../api/field-errors.ts';
import type { FieldValidation } from '../../api/schema/decode.ts';
import { statusError } from '../../api/status.ts';
import { validateFieldManager } from '../../api/validation/object-meta.ts';
import { isSet } from '../pipeline/request-info.ts';

/** The query parameters of a create, update or patch. */
export interface WriteParameters {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
}

export function writeParameters(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): WriteParameters {
  const errors: FieldError[] = [];
  const dryRun = query.getAll('dryRun');
  errors.push(...dryRunErrors(dryRun));
  const validation = query.get('fieldValidation') || 'Warn';
  if (validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict')
    errors.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  const manager = query.get('fieldManager');
  if (manager !== null) errors.push(...validateFieldManager(manager, 'fieldManager'));
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind }, '', errors);
  return { dryRun: dryRun.length > 0, fieldValidation: validation as FieldValidation };
}

export function dryRunErrors(values: readonly string[]): FieldError[] {
  if (values.every((value) => value === 'All')) return [];
  return [notSupported('dryRun', values, ['All'])];
}

/** A number of the query, as Go reads one of 64 bits; undefined if absent. */
export function numberParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const refused = (why: string) =>
    statusError('BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw refused('invalid syntax');
  const exact = BigInt(text.replace('+', ''));
  if (exact !== BigInt.asIntN(64, exact)) throw refused('value out of range');
  return Number(text);
}

/** Absent and empty are the same in a query. */
export function textParameter(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

export function booleanParameter(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : isSet(text);
}
