/**
 * The cleaner: requests are removed an hour after they were answered or refused, or a day after
 * nobody decided. What was approved waits for its signer.
 */
import { certificateSigningRequests as csrType } from '../../api/resources.ts';
import { nameOf, uidOf } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { X509 } from '../../platform/crypto/x509.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { timeLeftMs } from './age.ts';
import { pemOf } from './request.ts';

/** Certificates may be for longer than a timer can wait. */
const LOOK_MS = 3_600_000;

export function certificateCleaner(context: ControllerContext): Controller {
  const { client, clock } = context;
  const queue = new WorkQueue({ clock });
  const requests = context.informers.of(csrType);
  enqueueSelf(requests, queue);
  return {
    name: 'certificatesigningrequest-cleaner-controller',
    queue,
    informers: [requests],
    async reconcile(key) {
      const request = requests.lister.get(key);
      if (request === undefined) return undefined;
      const end = endOf(context.signing?.x509, request);
      const left = timeLeftMs(request, clock.now(), end);
      if (left > 0)
        return left === Infinity ? undefined : { requeueAfterMs: Math.min(left, LOOK_MS) };
      try {
        const preconditions = { uid: uidOf(request) };
        await client.delete(csrType, { name: nameOf(request) }, { preconditions });
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
      return undefined;
    },
  };
}

function endOf(x509: X509 | undefined, { status }: CertificateSigningRequest): number | undefined {
  if (!status?.certificate || x509 === undefined) return undefined;
  try {
    return x509.inspect(pemOf(status.certificate)).notAfterMs;
  } catch {
    // Another signer's, in a form nobody here reads: it goes an hour after its approval.
    return undefined;
  }
}
