/** Tokens in Secrets, and what is noted of their use (KEP-2799). Days are of UTC: "2006-01-02". */
import { formatTime, parseTime } from './time.ts';

/** Of a Secret that holds a token, or asks for one. */
export const TOKEN_TYPE = 'kubernetes.io/service-account-token';
/** Its annotations. */
export const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
export const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/** Labels whose values are days. */
export const LAST_USED = 'kubernetes.io/legacy-token-last-used';
export const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';

/** The ConfigMap that says, under `since`, from which day on uses are noted. */
export const TOKEN_TRACKING = {
  namespace: 'kube-system',
  name: 'kube-apiserver-legacy-service-account-token-tracking',
} as const;

export const DAY_MS = 86_400_000;

export const dayOf = (ms: number): string => formatTime(ms).slice(0, 'YYYY-MM-DD'.length);

/** When the day begins; undefined of what is no day. */
export function beginOf(day: string): number | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(day) ? parseTime(`${day}T00:00:00Z`) : undefined;
}
