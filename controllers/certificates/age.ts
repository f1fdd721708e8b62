/** When a request that nobody asks about any more is removed. */
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts';
import { timeOf } from '../runtime/pods.ts';

const HOUR_MS = 3_600_000;
const DECIDED_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;

/** Milliseconds left; `certificateEndMs` of the one it was given, if any. */
export function timeLeftMs(
  { metadata, status }: CertificateSigningRequest,
  nowMs: number,
  certificateEndMs: number | undefined,
): number {
  const ends: number[] = [];
  if (certificateEndMs !== undefined) ends.push(certificateEndMs);
  const decisions = (status?.conditions ?? []).filter(({ type }) =>
    ['Approved', 'Denied', 'Failed'].includes(type),
  );
  for (const { lastUpdateTime } of decisions) ends.push((timeOf(lastUpdateTime) ?? 0) + DECIDED_MS);
  if (decisions.length === 0) ends.push((timeOf(metadata.creationTimestamp) ?? 0) + PENDING_MS);
  return Math.min(...ends) - nowMs;
}
