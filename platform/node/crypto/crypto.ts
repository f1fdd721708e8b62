import { createHash, createHmac } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Crypto } from '../../crypto/crypto.ts';
import type { BcryptAnswer, BcryptRequest } from './bcrypt-worker.ts';

/** Passwords that may wait to be hashed; each takes a good part of a second at most. */
const MAX_WAITING = 256;

interface Waiting {
  readonly resolve: (answer: BcryptAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Tests run from the sources, which a worker reads with their loader only. */
const fromSource = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./bcrypt-worker.ts', import.meta.url).href)});
})`;

/** A worker that lives as long as the process once a password was hashed, and never delays it. */
class PasswordWorker {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  ask(request: Omit<BcryptRequest, 'id'>): Promise<BcryptAnswer> {
    if (this.#waiting.size >= MAX_WAITING)
      return Promise.reject(new Error('too many passwords wait to be hashed'));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#running().postMessage({ ...request, id });
    });
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    // The bundle has this code in a folder beside platform/, and the worker as a file of its own.
    const worker = import.meta.url.endsWith('.ts')
      ? new Worker(fromSource, { eval: true })
      : new Worker(new URL('../platform/node/crypto/bcrypt-worker.js', import.meta.url));
    worker.on('message', (answer: BcryptAnswer) => {
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    });
    worker.on('error', (error) => {
      this.#worker = undefined;
      const lost = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of lost) reject(error);
    });
    // After its listeners: adding one would hold the process again.
    worker.unref();
    this.#worker = worker;
    return worker;
  }
}

const passwords = new PasswordWorker();

/** HMAC with SHA-256 (RFC 2104). */
export const hmacSha256 = (key: string, text: string): Uint8Array =>
  createHmac('sha256', key).update(text).digest();

export const realCrypto: Crypto = {
  sha256() {
    const hash = createHash('sha256');
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  },
  hashPassword: async (password, cost) => (await passwords.ask({ password, cost })).hash!,
  passwordMatches: async (password, hash) => (await passwords.ask({ password, hash })).matches!,
};
