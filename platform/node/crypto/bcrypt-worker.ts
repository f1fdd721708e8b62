/** Hashes passwords one after the other, away from the event loop that serves everybody else. */
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { bcrypt, bcryptMatches } from '../../crypto/bcrypt.ts';

export interface BcryptRequest {
  readonly id: number;
  readonly password: string;
  /** To hash… */
  readonly cost?: number;
  /** …or to compare with. */
  readonly hash?: string;
}

export interface BcryptAnswer {
  readonly id: number;
  readonly hash?: string;
  readonly matches?: boolean;
}

parentPort?.on('message', ({ id, password, cost, hash }: BcryptRequest) => {
  const answer: BcryptAnswer =
    hash === undefined
      ? { id, hash: bcrypt(password, randomBytes(16), cost!) }
      : { id, matches: bcryptMatches(password, hash) };
  parentPort!.postMessage(answer);
});
