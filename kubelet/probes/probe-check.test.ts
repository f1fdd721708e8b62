import { describe, expect, it } from 'vitest';
import type { Container, Probe } from '../../api/types/core-v1.ts';
import type { OutgoingRequest } from '../../platform/net/outgoing-http.ts';
import { OutgoingAnswerTooLarge } from '../../platform/net/outgoing-http.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ProbeChecker, type ProbeActions } from './probe-check.ts';

const container: Container = { name: 'web', ports: [{ name: 'http', containerPort: 8080 }] };

const refused = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
  );

function answering(over: Partial<ProbeActions> & { status?: number; answer?: () => never }) {
  const sent: OutgoingRequest[] = [];
  const actions: ProbeActions = {
    exec: async () => ({ exitCode: 0, output: '' }),
    connect: async () => {},
    grpcHealth: async () => 'SERVING',
    host: '127.0.0.1',
    hostPort: (port) => port,
    http: {
      send: async (request) => {
        sent.push(request);
        over.answer?.();
        return { status: over.status ?? 200, headers: {}, body: new Uint8Array() };
      },
    },
    ...over,
  };
  return { actions, sent };
}

async function check(probe: Probe, actions: ProbeActions, passMs = 0) {
  const clock = new FakeClock();
  const signal = new AbortController().signal;
  const checker = new ProbeChecker(container, clock, actions);
  const result = checker.check(probe, { timeoutMs: 2000, signal });
  await clock.advance(passMs);
  const settled = await result;
  expect(clock.timers).toBe(0);
  return settled.ok ? 'ok' : settled.output;
}

describe('an httpGet probe', () => {
  const httpGet = { port: 'http', path: '/healthz' };

  it.each([
    [200, 'ok'],
    [302, 'ok'],
    [399, 'ok'],
    [400, 'HTTP probe failed with statuscode: 400'],
    [500, 'HTTP probe failed with statuscode: 500'],
  ])('takes %i for %s', async (status, verdict) => {
    expect(await check({ httpGet }, answering({ status }).actions)).toBe(verdict);
  });

  it('asks the loopback address, with the headers and the scheme it is told', async () => {
    const { actions, sent } = answering({ hostPort: (port) => port + 1 });
    await check({ httpGet }, actions);
    const httpHeaders = [{ name: 'Host', value: 'example.com' }];
    await check({ httpGet: { port: 443, scheme: 'HTTPS', host: 'h', httpHeaders } }, actions);
    expect(sent.map(({ url }) => url)).toEqual(['http://127.0.0.1:8081/healthz', 'https://h:444/']);
    expect(sent[0]!.headers).toEqual({ 'user-agent': 'kube-probe/1.34', accept: '*/*' });
    expect(sent[1]!.headers['host']).toBe('example.com');
  });

  it('fails where nobody answers, in time, or by that name', async () => {
    const send = refused;
    const closed = answering({ http: { send } });
    expect(await check({ httpGet }, closed.actions)).toBe(
      'Get "http://127.0.0.1:8080/healthz": dial tcp 127.0.0.1:8080: connect: connection refused',
    );
    const http = {
      send: ({ signal }: OutgoingRequest) => whenAborted(signal),
    };
    expect(await check({ httpGet }, answering({ http }).actions, 3000)).toMatch(
      /deadline exceeded \(Client.Timeout exceeded while awaiting headers\)$/,
    );
    expect(await check({ httpGet: { port: 'https' } }, answering({}).actions)).toMatch(
      /couldn't find port: name "https"/,
    );
  });

  it('judges a long answer by its status', async () => {
    const answer = (): never => {
      throw new OutgoingAnswerTooLarge('more', 503);
    };
    expect(await check({ httpGet }, answering({ answer }).actions)).toContain('statuscode: 503');
  });
});

describe('other probes', () => {
  it('judge a command by its exit code, and show what it printed', async () => {
    const exec = async () => ({ exitCode: 1, output: 'cat: /tmp/healthy: No such file' });
    const probe = { exec: { command: ['cat', '/tmp/healthy'] } };
    expect(await check(probe, answering({}).actions)).toBe('ok');
    expect(await check(probe, answering({ exec }).actions)).toContain('No such file');
  });

  it('give a command its time', async () => {
    const { actions } = answering({ exec: (_command, signal) => whenAborted(signal) });
    expect(await check({ exec: { command: ['sleep', '9'] } }, actions, 3000)).toBe(
      'command timed out: "sleep 9" timed out after 2s',
    );
  });

  it('connect to a port', async () => {
    const tcpSocket = { port: 5432 };
    expect(await check({ tcpSocket }, answering({}).actions)).toBe('ok');
    expect(await check({ tcpSocket }, answering({ connect: refused }).actions)).toBe(
      'dial tcp 127.0.0.1:5432: connect: connection refused',
    );
    const connect = (_at: unknown, signal: AbortSignal) => whenAborted(signal);
    expect(await check({ tcpSocket }, answering({ connect }).actions, 3000)).toBe(
      'dial tcp 127.0.0.1:5432: i/o timeout',
    );
  });

  it('ask a gRPC service for its health', async () => {
    const grpc = { port: 9000, service: 's' };
    expect(await check({ grpc }, answering({}).actions)).toBe('ok');
    const grpcHealth = async () => 'NOT_SERVING';
    expect(await check({ grpc }, answering({ grpcHealth }).actions)).toBe(
      'service unhealthy (responded with "NOT_SERVING")',
    );
    expect(await check({ grpc }, answering({ grpcHealth: refused }).actions)).toBe(
      'timeout: failed to connect service "127.0.0.1:9000" within 2s: context deadline exceeded',
    );
  });
});
