import { forbidden, type FieldError, invalid, invalidError } from '../../../../api/field-errors.ts';
import { booleanIn, integerIn, timeIn } from '../connect/parameters.ts';

const numbers = ['tailLines', 'limitBytes', 'sinceSeconds'] as const;

/** v1 PodLogOptions of a query, checked, as the node's agent takes them. */
export function logParameters(name: string, query: URLSearchParams): URLSearchParams {
  const asked = new URLSearchParams();
  for (const flag of ['follow', 'previous', 'timestamps'])
    if (booleanIn(query, flag)) asked.set(flag, 'true');
  const values = new Map(numbers.map((key) => [key, integerIn(query, key)] as const));
  const sinceTime = timeIn(query, 'sinceTime');
  const errors: FieldError[] = [];
  const [tail, limit] = [values.get('tailLines'), values.get('limitBytes')];
  const since = values.get('sinceSeconds');
  if (tail !== undefined && tail < 0)
    errors.push(invalid('tailLines', tail, 'must be greater than or equal to 0'));
  if (limit !== undefined && limit < 1)
    errors.push(invalid('limitBytes', limit, 'must be greater than 0'));
  if (since !== undefined && sinceTime !== undefined)
    errors.push(forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (since !== undefined && since < 1)
    errors.push(invalid('sinceSeconds', since, 'must be greater than 0'));
  if (query.get('stream')) errors.push(forbidden('stream', 'may not be specified'));
  if (errors.length > 0) throw invalidError({ group: '', kind: 'PodLogOptions' }, name, errors);
  for (const [key, value] of values) if (value !== undefined) asked.set(key, String(value));
  if (sinceTime !== undefined) asked.set('sinceTime', sinceTime);
  return asked;
}
