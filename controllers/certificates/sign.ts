/** The signer: what was approved for one of the cluster's own signers gets its certificate. */
import { certificateSigningRequests as csrType } from '../../api/resources.ts';
import { formatTime } from '../../api/time.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestStatus,
} from '../../api/types/certificates-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { CertificateRequestFacts } from '../../platform/crypto/x509.ts';
import type { ClusterSigning, Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { writeStatus } from '../runtime/write-status.ts';
import { hasCondition, pemOf } from './request.ts';
import { signerRules } from './signers.ts';

const YEAR_MS = 365 * 24 * 3_600_000;
/** Clocks of those who check may be behind ours. */
const BACKDATE_MS = 300_000;
/** A shorter certificate does not end that much earlier, too. */
const SHORT_MS = 8 * 3_600_000;

export function certificateSigner(context: ControllerContext): Controller {
  const { client, clock } = context;
  const signing = context.signing!;
  const queue = new WorkQueue({ clock });
  const requests = context.informers.of(csrType);
  enqueueSelf(requests, queue, ({ spec }) => signerRules.has(spec.signerName));
  return {
    name: 'certificatesigningrequest-signing-controller',
    queue,
    informers: [requests],
    async reconcile(key) {
      const request = requests.lister.get(key);
      if (request === undefined || request.status?.certificate) return undefined;
      if (!hasCondition(request, 'Approved') || hasCondition(request, 'Failed')) return undefined;
      if (hasCondition(request, 'Denied')) return undefined;
      const status = answer(request, signing, clock.now());
      await writeStatus(client, csrType, { ...request, status });
      return undefined;
    },
  };
}

function answer(
  request: CertificateSigningRequest,
  signing: ClusterSigning,
  nowMs: number,
): CertificateSigningRequestStatus {
  const { spec, status } = request;
  const usages = spec.usages ?? [];
  const facts = read(signing, spec.request);
  const fault =
    typeof facts === 'string' ? facts : signerRules.get(spec.signerName)!(facts, usages);
  if (fault !== undefined) {
    const failed = {
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message: fault,
      lastUpdateTime: formatTime(nowMs),
    };
    return { ...status, conditions: [...(status?.conditions ?? []), failed] };
  }
  const validity = validityOf(spec.expirationSeconds, signing, nowMs);
  const terms = { validity, usages };
  const certificate = signing.x509.signRequest(pemOf(spec.request), terms, signing.ca);
  return { ...status, certificate: Buffer.from(certificate).toString('base64') };
}

function read({ x509 }: ClusterSigning, request: string): CertificateRequestFacts | string {
  try {
    return x509.readRequest(pemOf(request));
  } catch (error) {
    return (error as Error).message;
  }
}

/** At most a year with what it is backdated by, and no longer than the authority's own. */
function validityOf(seconds: number | undefined, { x509, ca }: ClusterSigning, nowMs: number) {
  const wantedMs = Math.min(seconds === undefined ? YEAR_MS : seconds * 1000, YEAR_MS);
  const { notAfterMs } = x509.inspect(ca.certificate);
  const notBeforeMs = nowMs - BACKDATE_MS;
  const wantedEndMs = (wantedMs < SHORT_MS ? nowMs : notBeforeMs) + wantedMs;
  return { notBeforeMs, notAfterMs: Math.min(wantedEndMs, notAfterMs) };
}
