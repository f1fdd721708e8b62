/** Our API server, called as {@link AnyCall} calls a kube-apiserver; with the beta kinds. */
import { kinds, mutatingPolicyKinds } from '../../apiserver/registry/kinds/index.ts';
import { startApiServer } from '../../apiserver/server.ts';
import { type Chunk, chunkBytes } from '../../platform/net/http.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { MemoryKv } from '../model/memory-kv.ts';
import { withoutControllers } from './admission.ts';
import { type AnyCall, warningsOf } from './kubernetes-answers.ts';

/**
 * Everyone who asks is an administrator. Bytes go in and out, as on a socket: who hands a value
 * over hears no warnings.
 */
export async function startOwn(parts: Lifecycle): Promise<AnyCall> {
  const own = { admissionPlugins: withoutControllers, kinds: [...kinds, ...mutatingPolicyKinds] };
  const options = { kv: new MemoryKv(), clock, random, logger, ...own };
  const server = await parts.start(() => startApiServer(options));
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  return async (method, url, body) => {
    const [path = '', search = ''] = url.split('?');
    const answer = await server.handler({
      ...{ method, path, query: new URLSearchParams(search) },
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
      peer: { address: 'test', certificate },
      signal: new AbortController().signal,
    });
    const value: unknown = JSON.parse(Buffer.from(chunkBytes(answer.body as Chunk)).toString());
    const warnings = warningsOf(answer.headers['warning']);
    return { code: answer.status, body: value as Awaited<ReturnType<AnyCall>>['body'], warnings };
  };
}
