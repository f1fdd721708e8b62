/** A server of the API as these requests ask it: ours, or a kube-apiserver. */
import { startApiServer } from '../../../apiserver/server.ts';
import { type Chunk, chunkBytes } from '../../../platform/net/http.ts';
import type { Lifecycle } from '../../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../../platform/logger.ts';
import { realClock as clock } from '../../../platform/node/clock.ts';
import { realRandom as random } from '../../../platform/node/random.ts';
import { MemoryKv } from '../../model/memory-kv.ts';
import { withoutControllers } from '../admission.ts';
import { KubeApiserver, type WireRequest } from '../kube-apiserver.ts';

/** Else what etcd has forgotten may be known to its cache, or may not. */
const FLAG = '--feature-gates=ListFromCacheSnapshot=false';
/** A version of the future is waited for three seconds. */
const LONGEST_MS = 8_000;

export interface Exchanged {
  readonly code: number;
  readonly text: string;
}

export interface ListServer {
  /** A stream is read to its end. */
  exchange(method: string, path: string, sent: WireRequest): Promise<Exchanged>;
  /** Forgets the store's history before `revision`. */
  compact(revision: number): Promise<void>;
}

export async function ownLists(parts: Lifecycle): Promise<ListServer> {
  const kv = new MemoryKv();
  const effects = { kv, clock, random, logger };
  const server = await parts.start(() =>
    startApiServer({ ...effects, admissionPlugins: withoutControllers }),
  );
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  return {
    async exchange(method, url, { headers, body }) {
      const [path = '', search = ''] = url.split('?');
      const sent = typeof body === 'string' ? Buffer.from(body) : body;
      const answer = await server.handler({
        ...{ method, path, query: new URLSearchParams(search), headers },
        ...(sent === undefined ? {} : { body: sent }),
        peer: { address: '127.0.0.1', certificate },
        // Of a stream that does not end what came is told.
        signal: AbortSignal.timeout(LONGEST_MS),
      });
      return { code: answer.status, text: await textOf(answer.body) };
    },
    compact: (revision) => kv.compact(revision),
  };
}

async function textOf(body: Chunk | AsyncIterable<Chunk> | undefined): Promise<string> {
  if (body === undefined) return '';
  if (!(Symbol.asyncIterator in body)) return Buffer.from(chunkBytes(body)).toString();
  const parts: Uint8Array[] = [];
  for await (const chunk of body) parts.push(chunkBytes(chunk));
  // As the edge separates events.
  return parts.map((part) => Buffer.from(part).toString().trimEnd()).join('\n');
}

export async function kubernetesLists(parts: Lifecycle): Promise<ListServer> {
  const kubernetes = await parts.start(() => KubeApiserver.start([FLAG]));
  return {
    exchange: (method, path, sent) => kubernetes.exchange(method, path, sent),
    async compact(revision) {
      const url = `${kubernetes.storeUrl}/v3/kv/compaction`;
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ revision }) });
      if (!answer.ok) throw new Error(`not compacted: ${await answer.text()}`);
    },
  };
}
