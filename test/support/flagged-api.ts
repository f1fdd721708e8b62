/** An API server on the model store as command-line flags make it, without a socket. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessOptions, readAccessFiles } from '../../apiserver/options/access-options.ts';
import { followAccessFiles } from '../../apiserver/options/access-reload.ts';
import { FlagFiles } from '../../apiserver/options/flag-files.ts';
import { type ApiServerFlags, apiserverFlags } from '../../apiserver/options/flags.ts';
import { ensurePki } from '../../apiserver/pki/pki.ts';
import { startApiServer } from '../../apiserver/server.ts';
import {
  type HttpRequest,
  type HttpResponse,
  JsonValue,
  type Peer,
} from '../../platform/net/http.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import type { Clock } from '../../platform/clock.ts';
import { realCiphers as ciphers } from '../../platform/node/crypto/ciphers.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realDisk as disk } from '../../platform/node/files/disk.ts';
import { outgoingHttp } from '../../platform/node/net/outgoing-http.ts';
import { realUpstream } from '../../platform/node/net/upstream.ts';
import { realPrograms as programs } from '../../platform/node/programs.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { realTokenKeys as tokenKeys } from '../../platform/node/crypto/token-keys.ts';
import { realX509 as x509 } from '../../platform/node/crypto/x509.ts';
import { MemoryKv } from '../model/memory-kv.ts';
import { withoutControllers } from './admission.ts';
import type { Body } from './raw-api.ts';

export interface FlaggedApi {
  readonly handler: (
    request: HttpRequest,
  ) => ReturnType<ReturnType<typeof startApiServer>['handler']>;
  readonly passesOn: (url: string) => boolean;
  call(line: string, more?: FlaggedCall): Promise<{ readonly code: number; readonly body: Body }>;
}

export interface FlaggedCall {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly peer?: Partial<Peer>;
}

/** A folder for the files that flags name. */
export async function testFolder(
  parts: Lifecycle,
): Promise<(name: string, text: string) => Promise<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'wherry-flags-'));
  await parts.start(() => ({ stop: () => rm(folder, { recursive: true, force: true }) }));
  return async (name, text) => {
    const path = join(folder, name);
    // As a whole: a server may be reading it.
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
    return path;
  };
}

export const flagsOf = (args: readonly string[]): ApiServerFlags =>
  apiserverFlags()
    .exitOverride()
    .parse(['--etcd-servers=http://127.0.0.1:2379', ...args], { from: 'user' })
    .opts<ApiServerFlags>();

/** `follow`: the clock by which files that may change are looked at again. Default: they are not. */
export async function startFlaggedApi(
  parts: Lifecycle,
  args: readonly string[],
  follow?: Clock,
): Promise<FlaggedApi> {
  const flags = flagsOf(args);
  const { enableAdmissionPlugins: enable } = flags;
  const files = new FlagFiles(disk, { programs, clock });
  const given = await readAccessFiles(flags, files);
  const folder = await mkdtemp(join(tmpdir(), 'wherry-flagged-'));
  await parts.start(() => ({ stop: () => rm(folder, { recursive: true, force: true }) }));
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const pki = await ensurePki({ folder, disk, clock, x509, names });
  const http = outgoingHttp();
  await parts.start(() => ({ stop: () => http.close() }));
  const upstream = realUpstream();
  await parts.start(() => ({ stop: () => upstream.close() }));
  const access = await accessOptions(flags, given, { pki, http, upstream, clock, tokenKeys });
  const metrics = new Metrics();
  if (follow !== undefined) {
    const effects = { http, tokenKeys, metrics, logger, ciphers, files };
    const following = { ...effects, clock: follow, server: 'test' };
    await parts.start(() => followAccessFiles(flags, given.outside, following));
  }
  const kv = new MemoryKv();
  const effects = { kv, clock, random, logger, metrics, outgoing: http };
  const server = await parts.start(() =>
    startApiServer({ ...effects, ...access, admissionPlugins: { ...withoutControllers, enable } }),
  );
  await server.ready();
  return {
    handler: server.handler,
    passesOn: (url) => server.passesOn(url),
    async call(line, { headers = {}, body, peer } = {}) {
      const [method = '', url = ''] = line.split(' ');
      const [path = '', search = ''] = url.split('?');
      const answer = await server.handler({
        ...{ method, path, query: new URLSearchParams(search) },
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: new JsonValue(body) }),
        peer: { address: 'test', ...peer },
        signal: new AbortController().signal,
      });
      return { code: answer.status, body: valueOf(answer) as Body };
    },
  };
}

/** Of JSON, encoded or not; undefined of all else. */
function valueOf({ headers, body }: HttpResponse): unknown {
  if (body instanceof JsonValue) return body.value;
  const isJson = headers['content-type'] === 'application/json' && body instanceof Uint8Array;
  return isJson ? (JSON.parse(Buffer.from(body).toString()) as unknown) : undefined;
}
