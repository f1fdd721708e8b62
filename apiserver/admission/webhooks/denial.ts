import { StatusError, type Status } from '../../../api/status.ts';
import type { Verdict } from './review.ts';

const MIN_CODE = 400;
/** As many digits as a status line has. */
const MAX_CODE = 999;

/** What the client is told of a webhook's no. */
export function denial(webhook: string, { result }: Verdict): StatusError {
  const by = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const { code, status, message, reason, details } = (result ?? {}) as Partial<Status>;
  const said = textOf(message) || textOf(reason);
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: textOf(status) === '' || status === 'Success' ? 'Failure' : status!,
    message: said === '' ? `${by} without explanation` : `${by}: ${said}`,
    ...(textOf(reason) !== '' && { reason: reason! }),
    ...(typeof details === 'object' && details !== null && { details }),
    code: typeof code === 'number' && code >= MIN_CODE && code <= MAX_CODE ? code : MIN_CODE,
  });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The webhook could not be asked; what its failurePolicy makes of that is decided elsewhere. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure';

  constructor(webhook: string, reason: string) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${reason}`);
  }
}
