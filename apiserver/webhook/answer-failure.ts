/** An HTTP answer that is no success, as client-go words it. */
import type { OutgoingAnswer } from '../../platform/net/outgoing-http.ts';

const texts: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports',
  409: 'the server reported a conflict',
  415: 'the server was unable to respond with a content type that the client supports',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504:
    'the server was unable to return a response in the time allotted, but may still be ' +
    'processing the request',
};

/** Of what the server said, this much is shown. */
const MAX_SHOWN = 2_048;

export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 206;
}

export function answerFailureText({ status, headers, body }: OutgoingAnswer): string {
  // Only text is shown.
  const isText = /^(text\/|$)/.test(headers['content-type'] ?? '');
  const told = isText ? Buffer.from(body.subarray(0, MAX_SHOWN)).toString('utf8').trim() : '';
  const said = told || 'unknown';
  if (status === 403) return said;
  const text = texts[status];
  if (text !== undefined) return text;
  if (status >= 500) {
    const quoted = JSON.stringify(said);
    return `an error on the server (${quoted}) has prevented the request from succeeding`;
  }
  return `the server responded with the status code ${status} but did not return more information`;
}
