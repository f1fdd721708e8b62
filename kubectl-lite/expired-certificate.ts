import { formatTime } from '../api/time.ts';
import type { Environment } from './session.ts';
import { UsageError } from './usage-error.ts';

/** Why the server does not know who is asking, if it is the client certificate's age. */
export async function expiredCertificate(
  { certificateEndMs, clock }: Environment,
  certificate: Uint8Array,
): Promise<UsageError | undefined> {
  let endMs: number;
  try {
    endMs = await certificateEndMs(Buffer.from(certificate).toString());
  } catch {
    return undefined;
  }
  if (endMs > clock.now()) return undefined;
  return new UsageError(
    'You must be logged in to the server (Unauthorized): the client certificate of your ' +
      `kubeconfig has expired at ${formatTime(endMs)}: get a new kubeconfig`,
  );
}
