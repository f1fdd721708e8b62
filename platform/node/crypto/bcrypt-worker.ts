/** Hashes passwords one after the other, away from the event loop that serves everybody else. */
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { compareSync, encodeBase64, hashSync } from 'bcryptjs';

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

const SALT_BYTES = 16;

/** "$2a$", as etcd's members write it, so that users move between this store and etcd. */
function saltOf(cost: number): string {
  const salt = encodeBase64(randomBytes(SALT_BYTES), SALT_BYTES);
  return `$2a$${String(cost).padStart(2, '0')}$${salt}`;
}

function matches(password: string, hash: string): boolean {
  try {
    return compareSync(password, hash);
  } catch {
    // A client may have given a hash of its own, which is none.
    return false;
  }
}

parentPort?.on('message', ({ id, password, cost, hash }: BcryptRequest) => {
  const answer: BcryptAnswer =
    hash === undefined
      ? { id, hash: hashSync(password, saltOf(cost!)) }
      : { id, matches: matches(password, hash) };
  parentPort!.postMessage(answer);
});
