/** Ports whose certificates are renewed while they serve: of components, node agents, members. */
import { expect, it } from 'vitest';
import { createClient } from '../../client/rest.ts';
import { serveComponent } from '../../client/serving/start.ts';
import { listenForNodes } from '../../kubelet/server/listen.ts';
import type { FrameTls } from '../../platform/net/frames.ts';
import type { TlsMaterial } from '../../platform/net/http-server.ts';
import { silentLogger } from '../../platform/logger.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import { realClock } from '../../platform/node/clock.ts';
import { nodeFrames } from '../../platform/node/net/frames.ts';
import { freePorts } from '../../platform/node/net/free-ports.ts';
import { realRawDeflate } from '../../platform/node/raw-deflate.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { sniffingServer } from '../../platform/node/net/sniffing-server.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { ownCertificate } from '../../platform/crypto/own-certificate.ts';
import { autoTls } from '../../store/options/auto-tls.ts';
import { peersOver } from '../../store/peer/start-peers.ts';
import type { PeerHandlers } from '../../store/replica/peers.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { servedUntil } from '../support/served-certificate.ts';
import { eventually, temporaryFolder } from './harness.ts';

const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };

/** And the minute after which certificates are looked at. */
async function almostAYear(clock: SettableClock): Promise<void> {
  clock.jump(340 * DAY_MS);
  await clock.advance(MINUTE_MS);
}

/** Its wall clock can be set, as a machine's. */
class SettableClock extends FakeClock {
  #offsetMs = 0;

  override now(): number {
    return super.now() + this.#offsetMs;
  }

  jump(ms: number): void {
    this.#offsetMs += ms;
  }
}

it('a certificate of its own is the same until it is about to expire', async () => {
  const clock = new SettableClock(realClock.now());
  const certificate = ownCertificate({ clock, x509: realX509, commonName: 'me', names });
  const first = await certificate();
  clock.jump(330 * DAY_MS);
  expect(await certificate()).toBe(first);
  clock.jump(10 * DAY_MS);
  const { notAfterMs } = realX509.inspect((await certificate()).certificate);
  expect(notAfterMs).toBeGreaterThan(clock.now() + 360 * DAY_MS);
});

it('one that --auto-tls made is made anew in time', async () => {
  const folder = await temporaryFolder();
  const now = realClock.now();
  const at = (days: number) =>
    autoTls(folder.path, { hosts: ['127.0.0.1'], now: now + days * DAY_MS, years: 1 });
  const first = await at(0);
  expect(await at(300)).toEqual(first);
  expect((await at(340)).certificate).not.toBe(first.certificate);
  await folder.remove();
});

it("a component's port serves the renewed one", async () => {
  const clock = new SettableClock(realClock.now());
  const client = createClient({ handler: () => Promise.reject(new Error('none')), userAgent: 't' });
  const [port = 0] = await freePorts('127.0.0.1', 1);
  const flags = {
    ...{ bindAddress: '127.0.0.1', securePort: port },
    authorizationAlwaysAllowPaths: ['/healthz'],
  };
  const serving = await serveComponent(flags, {
    ...{ metrics: new Metrics(), client, logger: silentLogger, clock, readyz: [] },
  });
  try {
    const before = await servedUntil(port);
    await almostAYear(clock);
    await eventually('the new one', async () => (await servedUntil(port)) > before + 300 * DAY_MS);
  } finally {
    await serving.stop();
  }
  expect(clock.timers).toBe(0);
});

it("a node agent's port serves the renewed one", async () => {
  const clock = new SettableClock(realClock.now());
  const own = ownCertificate({ clock, x509: realX509, commonName: 'node', names });
  const validity = { notBeforeMs: 0, notAfterMs: realClock.now() + DAY_MS };
  const ca = realX509.certificateAuthority({ commonName: 'ca' }, validity);
  const subject = { commonName: 'kube-apiserver-kubelet-client' };
  const client = realX509.issue({ subject, validity, usage: 'client' }, ca);
  const agent = await listenForNodes(
    {
      ...{ clock, logger: silentLogger, deflate: realRawDeflate, sha1, listen: sniffingServer },
      ...{ host: '127.0.0.1', port: 0 },
      tls: async () => ({ ...(await own()), clientCa: ca.certificate }),
    },
    { list: () => [], find: () => undefined, nodes: () => [], usage: () => undefined },
  );
  const port = Number(new URL(agent.url).port);
  const pem = { cert: client.certificate, key: client.privateKey };
  try {
    const before = await servedUntil(port, pem);
    await almostAYear(clock);
    const renewed = async () => (await servedUntil(port, pem)) > before + 300 * DAY_MS;
    await eventually('the new one', renewed);
  } finally {
    await agent.stop();
  }
});

it('members serve and show renewed ones, of a new CA too', async () => {
  const clock = new FakeClock(realClock.now());
  const authority = (name: string): FrameTls => {
    const validity = { notBeforeMs: 0, notAfterMs: realClock.now() + DAY_MS };
    const ca = realX509.certificateAuthority({ commonName: name }, validity);
    const request = { subject: { commonName: name }, validity, names, usage: 'server' as const };
    return { ...realX509.issue(request, ca), ca: ca.certificate, trustsAnyone: true };
  };
  let current = authority('old');
  const [port = 0, otherPort = 0] = await freePorts('127.0.0.1', 2);
  const subjects: string[] = [];
  const network = {
    ...nodeFrames,
    connect(options: Parameters<typeof nodeFrames.connect>[0]) {
      subjects.push(options.tls!.certificate);
      return nodeFrames.connect(options);
    },
  };
  const start = peersOver({
    ...{ network, clock, logger: silentLogger, version: '3.6.0', tls: current },
    listen: [{ host: '127.0.0.1', port, secure: true }],
    renewedTls: () => Promise.resolve(current),
  });
  const handlers: PeerHandlers = {
    receive() {},
    unreachable() {},
    gone() {},
    removed() {},
    answer: () => Promise.resolve(null),
    receiveSnapshot: () => Promise.resolve(),
  };
  const peers = await start({ clusterId: '1', memberId: '2', handlers, members: () => ({}) });
  const caOf = async (tls: TlsMaterial) => {
    const url = `https://127.0.0.1:${port}`;
    const got = nodeFrames.get({ url, path: '/version', tls, timeoutMs: 5000 });
    return (await got).toString();
  };
  try {
    const old = current;
    const strict = ({ trustsAnyone: _, ...rest }: FrameTls): FrameTls => rest;
    expect(await caOf(strict(old))).toContain('3.6.0');
    current = authority('new');
    await clock.advance(MINUTE_MS);
    expect(await caOf(strict(current))).toContain('3.6.0');
    await expect(caOf(strict(old))).rejects.toThrow();
    peers.update([{ id: '3', peerUrls: [`https://127.0.0.1:${otherPort}`] }], []);
    await eventually('a call', () => Promise.resolve(subjects.length > 0));
    expect(subjects[0]).toBe(current.certificate);
  } finally {
    await peers.stop();
  }
});
