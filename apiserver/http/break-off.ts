import type { Response } from 'express';

/** HTTP/2's INTERNAL_ERROR (RFC 9113, section 7). */
const INTERNAL_ERROR = 2;

/**
 * Ends an answer so that its client can tell it is not whole. Destroying an HTTP/2 response
 * would look like a proper end: its stream has to be reset with an error.
 */
export function breakOff(response: Response): void {
  if (response.req.httpVersionMajor >= 2 && 'stream' in response) {
    (response.stream as { close(code: number): void }).close(INTERNAL_ERROR);
  } else {
    response.destroy();
  }
}
