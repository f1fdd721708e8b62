/** Values as text. */
import { formatDuration, formatTimestamp } from './libraries/time.ts';
import { CelError, type CelValue, Duration, noSuchOverload, Timestamp, Uint } from './values.ts';

/** Before the point, in Go's format 'g'. */
const MOST_DIGITS = 6;

/** Go's shortest form: 1, 1.5, 1e+06. */
function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const scientific = value.toExponential();
  const exponent = Number(scientific.slice(scientific.indexOf('e') + 1));
  if (exponent >= -4 && exponent < MOST_DIGITS) return String(value);
  return scientific.replace(/e([+-])(\d)$/, 'e$10$2');
}

export function stringOf(value: CelValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return formatDouble(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Uint8Array) return utf8(value);
  throw noSuchOverload();
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
