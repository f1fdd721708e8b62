/** What `wherry doctor` says of what it sees: one line, and what to do unless all is well. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpHandler, HttpResponse } from '../../platform/net/http.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { apiServerFindings } from './apiserver.ts';
import { certificateFindings } from './certificates.ts';
import type { Finding } from './finding.ts';
import { nodeFindings } from './nodes.ts';
import { printFindings } from './print.ts';
import { spaceFinding } from './space.ts';

const line = ({ verdict, what, says }: Finding): string => `${verdict} ${what}: ${says}`;
const MEBIBYTE = 1024 ** 2;
const DAY_MS = 24 * 3_600_000;

describe('the disk', () => {
  const found = (freeMiB: number): string =>
    line(spaceFinding({ freeBytes: freeMiB * MEBIBYTE, bytes: 1000 * MEBIBYTE }, '/data'));

  it.each([
    [800, 'ok disk space: 800 MiB free of 1000 MiB'],
    [100, 'warning disk space: 100 MiB free of 1000 MiB: free some on the disk of /data'],
    [
      1,
      'failed disk space: 1 MiB free of 1000 MiB: free some on the disk of /data, or the store stops',
    ],
  ])('with %i MiB free', (free, says) => expect(found(free)).toBe(says));
});

describe('certificates', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'wherry-doctor-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock();

  async function found(fromDays: number, toDays: number): Promise<string[]> {
    const at = (days: number): number => clock.now() + days * DAY_MS;
    const validity = { notBeforeMs: at(fromDays), notAfterMs: at(toDays) };
    const { certificate } = realX509.certificateAuthority({ commonName: 'one' }, validity);
    await writeFile(join(folder, 'one.crt'), certificate);
    const findings = await certificateFindings({ disk: realDisk, clock, x509: realX509, folder });
    return findings.map(line);
  }

  it.each([
    [-1, 100.5, ['ok certificates: the first to expire is one.crt, in 100 days']],
    [
      -300,
      10.5,
      [
        'warning certificates: the first to expire is one.crt, in 10 days; a restart of the cluster ' +
          'issues it anew',
      ],
    ],
    [
      -300,
      -1,
      ['failed certificates: one.crt has expired; a restart of the cluster issues it anew'],
    ],
  ])('good from day %f to day %f', async (from, to, says) => {
    expect(await found(from, to)).toEqual(says);
  });

  it('that are of the future tell of the clock', async () => {
    expect((await found(1, 300))[0]).toBe(
      "failed certificate one.crt: not valid yet: this machine's clock is behind; set it",
    );
  });

  it('that are none are named', async () => {
    await writeFile(join(folder, 'two.crt'), 'rust');
    expect((await found(-1, 100))[0]).toMatch(/^failed certificate two\.crt: \S/);
  });
});

describe('an API server', () => {
  const clock = new FakeClock();
  const answer = (status: number, text: string, aheadMs = 0): Promise<HttpResponse> => {
    const date = new Date(clock.now() + aheadMs).toUTCString();
    const headers = { 'content-type': 'text/plain', date };
    return Promise.resolve({ status, headers, body: Buffer.from(text) });
  };
  async function found(handler: HttpHandler): Promise<string[]> {
    const server = { name: 'apiserver1', pid: 1, startedAt: 0, restarts: 0, ready: true };
    const connect = () => ({ handler, close: () => Promise.resolve() });
    const asked = apiServerFindings(clock, [{ ...server, address: 'https://one' }], connect);
    await clock.advance(10_000);
    return (await asked).map(line);
  }

  it('that is well has three lines', async () => {
    expect(await found(() => answer(200, 'ok'))).toEqual([
      'ok apiserver1: ready',
      'ok apiserver1 clock: as this machine',
      'ok apiserver1 watch cache: level with the store within 0 ms',
    ]);
  });

  it.each([10_000, -10_000])('whose clock is %i ms ahead is named', async (aheadMs) => {
    expect(await found(() => answer(200, 'ok', aheadMs))).toContainEqual(
      expect.stringMatching(/^warning apiserver1 clock: \S+ s from this machine's: /),
    );
  });

  it('that is not ready tells which check failed', async () => {
    expect(await found(() => answer(500, '[+]ping ok\n[-]etcd failed: timeout\n'))).toEqual([
      'failed apiserver1: not ready: [-]etcd failed: timeout; see `wherry logs apiserver1`',
    ]);
  });

  it('that is silent is to be started again', async () => {
    expect(await found(() => new Promise(() => {}))).toEqual([
      'failed apiserver1: no answer within 5 s; see `wherry logs apiserver1`, then ' +
        '`wherry restart apiserver1`',
    ]);
  });

  it('whose caches are behind is busy', async () => {
    const handler: HttpHandler = async ({ path }) => {
      if (path === '/api/v1/namespaces')
        await new Promise<void>((resolve) => void clock.after(2_000, resolve));
      return answer(200, 'ok');
    };
    expect(await found(handler)).toContainEqual(
      expect.stringMatching(
        /^warning apiserver1 watch cache: .* within \d+ ms: the server is busy; /,
      ),
    );
  });
});

it('names nodes whose agents are away, and their logs', async () => {
  const ready = (status: string, message?: string) => ({
    conditions: [{ type: 'Ready', status, ...(message === undefined ? {} : { message }) }],
  });
  const nodes = [
    { metadata: { name: 'node1' }, status: ready('True') },
    { metadata: { name: 'node2' }, status: ready('Unknown', 'Kubelet stopped posting.') },
    { metadata: { name: 'node3' } },
  ];
  const handler = (items: unknown, status = 200): HttpHandler => {
    const body = Buffer.from(JSON.stringify({ items }));
    const headers = { 'content-type': 'application/json' };
    return () => Promise.resolve({ status, headers, body });
  };
  expect((await nodeFindings(handler(nodes))).map(line)).toEqual([
    'failed node node2: not Ready: Kubelet stopped posting. See `wherry logs node2`',
    'failed node node3: not Ready: its agent has not reported yet. See `wherry logs node3`',
  ]);
  expect((await nodeFindings(handler(nodes.slice(0, 1)))).map(line)).toEqual(['ok nodes: 1 ready']);
  expect((await nodeFindings(handler(undefined, 503))).map(line)).toEqual([
    'failed nodes: the API server answers 503; see `wherry logs`',
  ]);
});

it('prints a line each, and fails if one did', () => {
  const lines: string[] = [];
  const print = (...findings: Finding[]): number =>
    printFindings((text) => lines.push(text), findings);
  expect(print({ verdict: 'warning', what: 'store', says: 'slow' })).toBe(0);
  expect(print({ verdict: 'failed', what: 'store', says: 'gone' })).toBe(1);
  expect(lines).toEqual(['WARN  store  slow\n', 'FAIL  store  gone\n']);
});
