/**
 * Who calls a webhook where a program says so: it is run when somebody calls and its last answer
 * has ended, or was not believed. Callers share one run.
 */
import {
  execCredential,
  ExecCredentialError,
  type ExecCredentialRequest,
} from '../../api/exec-credential.ts';
import type { Clock } from '../../platform/clock.ts';
import type { OutgoingAnswer } from '../../platform/net/outgoing-http.ts';

/** What proves who calls. */
export interface CallerProof {
  readonly headers: Readonly<Record<string, string>>;
  readonly client?: { readonly certificate: string; readonly privateKey: string };
}

export interface WebhookUser extends CallerProof {
  /** Says the rest. */
  readonly program?: ExecUser;
}

const UNAUTHORIZED = 401;
/** A program that hangs is ended: the next call runs it anew. */
const RUN_MS = 60_000;

export class ExecUser {
  readonly #request: ExecCredentialRequest;
  readonly #clock: Clock;
  #known: { readonly proof: CallerProof; readonly expiresMs: number } | undefined;
  #running: Promise<CallerProof> | undefined;

  constructor(request: ExecCredentialRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
  }

  /** Rejects as client-go words it, or with the signal's reason: the program runs on for others. */
  proof(signal: AbortSignal): Promise<CallerProof> {
    const known = this.#known;
    if (known !== undefined && this.#clock.now() <= known.expiresMs)
      return Promise.resolve(known.proof);
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return untilAborted(this.#running, signal);
  }

  /** The server did not believe it. */
  refused(proof: CallerProof): void {
    if (this.#known?.proof === proof) this.#known = undefined;
  }

  async #run(): Promise<CallerProof> {
    const controller = new AbortController();
    const late = new ExecCredentialError(
      `getting credentials: exec: it did not end within ${RUN_MS / 1000}s`,
    );
    const timer = this.#clock.after(RUN_MS, () => controller.abort(late));
    try {
      const { signal } = controller;
      const found = await untilAborted(execCredential({ ...this.#request, signal }), signal);
      const { token, certificate, privateKey, expiresMs = Infinity } = found;
      const proof = {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        ...(certificate === undefined || privateKey === undefined
          ? {}
          : { client: { certificate, privateKey } }),
      };
      this.#known = { proof, expiresMs };
      return proof;
    } finally {
      timer.cancel();
    }
  }
}

/** Sends as `user`, and lets a program know that its answer was not believed. */
export async function sendAs(
  user: WebhookUser | undefined,
  signal: AbortSignal,
  send: (proof: CallerProof) => Promise<OutgoingAnswer>,
): Promise<OutgoingAnswer> {
  if (user?.program === undefined) return send(user ?? { headers: {} });
  const proof = await user.program.proof(signal);
  const answer = await send(proof);
  if (answer.status === UNAUTHORIZED) user.program.refused(proof);
  return answer;
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
