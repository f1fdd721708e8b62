/** Query parameters of requests that others answer, as Kubernetes converts them. */
import { timeFault } from '../../../../api/schema/go-json.ts';
import { statusError } from '../../../../api/status.ts';
import { parseTime } from '../../../../api/time.ts';

/** Absent is false, present without a value true; "0" and "false" are false, all else is true. */
export function booleanIn(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null) return false;
  return !['false', '0'].includes(text.toLowerCase());
}

export function integerIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d{1,15}$/.test(text))
    throw statusError(
      'BadRequest',
      `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

/** As the client wrote it. */
export function timeIn(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (parseTime(text) === undefined) throw statusError('BadRequest', timeFault(text, 'Time'));
  return text;
}
