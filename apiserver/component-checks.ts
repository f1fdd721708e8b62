/**
 * How kube-apiserver finds out how the other components are: the store by a read, the controllers
 * and the scheduler at their own ports of this machine.
 */
import type { Clock } from '../platform/clock.ts';
import { OutgoingAnswerTooLarge, type OutgoingHttp } from '../platform/net/outgoing-http.ts';
import type { Kv } from '../store/kv.ts';
import { storeCheck } from './health-checks.ts';
import type { Component, ComponentHealth } from './registry/components.ts';

/** Kubernetes waits 20 s; whoever asks for all has to wait for the slowest. */
const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 10_240;

export function storeComponent(of: { readonly kv: Kv; readonly clock: Clock }): Component {
  const { check } = storeCheck(of);
  return {
    name: 'etcd-0',
    async check() {
      const error = await check();
      return error === undefined ? { status: 'True', message: 'ok' } : { status: 'False', error };
    },
  };
}

/** At "https://127.0.0.1:10259", say. Its certificate is nobody's business here. */
export function componentAt(
  name: string,
  of: { readonly url: string; readonly http: OutgoingHttp; readonly clock: Clock },
): Component {
  return { name, check: () => probe(`${of.url}/healthz`, of) };
}

async function probe(
  url: string,
  { http, clock }: { readonly http: OutgoingHttp; readonly clock: Clock },
): Promise<ComponentHealth> {
  const late = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => late.abort());
  try {
    const { status, body } = await http.send({
      method: 'GET',
      url,
      headers: {},
      insecureSkipVerify: true,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      signal: late.signal,
    });
    const message = Buffer.from(body).toString();
    if (status >= 200 && status < 400) return { status: 'True', message };
    return { status: 'False', message: `HTTP probe failed with statuscode: ${status}` };
  } catch (error) {
    if (error instanceof OutgoingAnswerTooLarge && error.status < 400) return { status: 'True' };
    return { status: 'False', message: `Get ${JSON.stringify(url)}: ${reasonOf(error as Error)}` };
  } finally {
    timer.cancel();
  }
}

/** In the words of Go's dialer, for what happens most. */
function reasonOf(error: Error): string {
  const { code, address, port } = error as { code?: string; address?: string; port?: number };
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  return error.name === 'AbortError' ? 'context deadline exceeded' : error.message;
}
