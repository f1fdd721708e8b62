/**
 * Durations as kubectl prints them: two units while the second one still tells something, one
 * after that (apimachinery util/duration HumanDuration, as seen in `kubectl get`).
 */
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const HOURS_PER_YEAR = 24 * 365;

const withRest = (whole: string, rest: number, unit: string): string =>
  rest === 0 ? whole : `${whole}${rest}${unit}`;

/** "45s", "3m10s", "12m", "5h30m", "26h", "3d4h", "40d", "2y3d". Under -1 s: "<invalid>". */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / SECOND_MS);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(durationMs / MINUTE_MS);
  if (minutes < 10) return withRest(`${minutes}m`, seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(durationMs / HOUR_MS);
  if (hours < 8) return withRest(`${hours}h`, minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return withRest(`${days}d`, hours % 24, 'h');
  if (hours < HOURS_PER_YEAR * 2) return `${days}d`;
  const years = Math.trunc(hours / HOURS_PER_YEAR);
  if (hours < HOURS_PER_YEAR * 8) return withRest(`${years}y`, days % 365, 'd');
  return `${years}y`;
}
