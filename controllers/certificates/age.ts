/** When a request that nobody asks about any more is removed. */
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '../../api/types/certificates-v1.ts';
import { timeOf } from '../runtime/pods.ts';

const HOUR_MS = 3_600_000;
const DECIDED_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;

/**
 * Milliseconds left, Infinity for one that stays: approved, and its signer has not answered.
 * `certificateEndMs` of the one it was given, if any.
 */
export function timeLeftMs(
  { metadata, status }: CertificateSigningRequest,
  nowMs: number,
  certificateEndMs: number | undefined,
): number {
  const { conditions = [], certificate } = status ?? {};
  const isOver = ({ type }: CertificateSigningRequestCondition): boolean =>
    type === 'Denied' || type === 'Failed' || (type === 'Approved' && Boolean(certificate));
  const decided = conditions.filter(isOver).map(({ lastUpdateTime }) => timeOf(lastUpdateTime));
  const pending = conditions.length === 0 ? timeOf(metadata.creationTimestamp) : undefined;
  const isIssued = conditions.some(({ type }) => type === 'Approved');
  return (
    Math.min(
      ...decided.map((ms = Infinity) => ms + DECIDED_MS),
      (pending ?? Infinity) + PENDING_MS,
      (isIssued ? certificateEndMs : undefined) ?? Infinity,
    ) - nowMs
  );
}
