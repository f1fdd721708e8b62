import { statusError, type StatusError, type StatusReason, unexplained } from '../../api/status.ts';

type Refusal = readonly [StatusReason, (text: string) => string];

/** What Kubernetes says of an answer that is no Status, by its code. */
const refusals: Readonly<Record<number, Refusal>> = {
  401: ['Unauthorized', () => 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', (text) => text],
  404: ['NotFound', () => 'the server could not find the requested resource'],
  405: [
    'MethodNotAllowed',
    () => 'the server does not allow this method on the requested resource',
  ],
  429: [
    'TooManyRequests',
    () => 'the server has received too many requests and has asked us to try again later',
  ],
  503: ['ServiceUnavailable', () => 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    () =>
      'the server was unable to return a response in the time allotted, but may still be ' +
      'processing the request',
  ],
};

/** A pod's log that the node's agent refuses, as kube-apiserver tells of it. */
export function refusedLog(
  { status, text }: { readonly status: number; readonly text: string },
  pod: string,
): StatusError {
  if (status === 400) return statusError('BadRequest', text);
  if (status === 500) return statusError('InternalError', `Internal error occurred: ${text}`);
  const known = Object.hasOwn(refusals, status) ? refusals[status] : undefined;
  const tail = ` ( pods/log ${pod})`;
  if (known !== undefined) {
    const [reason, said] = known;
    return statusError(reason, said(text) + tail, { name: pod, kind: 'pods/log' });
  }
  if (status < 500)
    return unexplained(
      `the server responded with the status code ${status} but did not return more ` +
        `information${tail}`,
    );
  const said = `an error on the server (${JSON.stringify(text)}) has prevented the request from`;
  return statusError('InternalError', `${said} succeeding${tail}`, { name: pod, kind: 'pods/log' });
}
