/** Where stories are played: on our API server, or on a kube-apiserver. */
import { generateKeyPairSync } from 'node:crypto';
import { DEFAULT_ISSUER } from '../../../apiserver/identity.ts';
import { kinds, mutatingPolicyKinds } from '../../../apiserver/registry/kinds/index.ts';
import { startApiServer } from '../../../apiserver/server.ts';
import { JsonValue } from '../../../platform/net/http.ts';
import type { Lifecycle } from '../../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../../platform/logger.ts';
import { realClock as clock } from '../../../platform/node/clock.ts';
import { outgoingHttp } from '../../../platform/node/net/outgoing-http.ts';
import { realTokenKeys as tokenKeys } from '../../../platform/node/crypto/token-keys.ts';
import { realRandom as random } from '../../../platform/node/random.ts';
import { MemoryKv } from '../../model/memory-kv.ts';
import { withoutControllers } from '../admission.ts';
import { KubeApiserver } from '../kube-apiserver.ts';
import { warningsOf } from '../kubernetes-answers.ts';
import type { Answered, Ask } from './story.ts';
import { withWebhooks } from './webhook-server.ts';

const more = { enable: ['NodeRestriction'] } as const;

export async function askOwn(parts: Lifecycle): Promise<Ask> {
  const admissionPlugins = { ...withoutControllers, ...more };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signingKey = tokenKeys.signing(pem);
  const serviceAccounts = { issuers: [DEFAULT_ISSUER], signingKey, keys: [signingKey] };
  const effects = { kv: new MemoryKv(), clock, random, logger };
  const outgoing = outgoingHttp();
  await parts.start(() => ({ stop: () => outgoing.close() }));
  const served = { kinds: [...kinds, ...mutatingPolicyKinds], outgoing };
  const options = { ...effects, ...served, admissionPlugins, serviceAccounts };
  const server = await parts.start(() => startApiServer(options));
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  return withWebhooks(parts, async ({ method, path: url, headers, body }) => {
    const [path = '', search = ''] = url.split('?');
    const answer = await server.handler({
      ...{ method, path, query: new URLSearchParams(search), headers: lowerCase(headers) },
      ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
      peer: { address: '127.0.0.1', certificate },
      signal: new AbortController().signal,
    });
    const sent = answer.body;
    const text = sent instanceof JsonValue ? Buffer.from(sent.bytes()) : (sent as Uint8Array);
    return answered(answer.status, text.toString(), answer.headers['warning']);
  });
}

/** As those of a socket are. */
const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Made for the stories: it goes with `parts`. */
export async function askKubernetes(parts: Lifecycle): Promise<Ask> {
  const flags = `--enable-admission-plugins=${more.enable.join(',')}`;
  const kubernetes = await parts.start(() => KubeApiserver.start([flags]));
  return withWebhooks(parts, async ({ method, path, headers, body }) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const {
      code,
      text,
      headers: said,
    } = await kubernetes.exchange(method, path, {
      headers,
      ...sent,
    });
    return answered(code, text, said['warning']?.join(', '));
  });
}

function answered(code: number, text: string, warning: string | undefined): Answered {
  // A path that nobody serves is answered with plain text.
  const body = (text.startsWith('{') ? JSON.parse(text) : { message: text }) as Answered['body'];
  return { code, body, warnings: warningsOf(warning) };
}
