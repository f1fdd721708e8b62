import type { Request } from 'express';
import { expect, it } from 'vitest';
import { SocketRequest } from './socket-request.ts';

const request = () =>
  new SocketRequest({ method: 'GET', url: '/api', headers: {} } as unknown as Request, {}, {});

it('who waits hears once that the client is gone, unless it has stopped listening', () => {
  const heard: string[] = [];
  const one = request();
  const stop = one.onGone(() => heard.push('too late'));
  stop();
  one.onGone(() => heard.push('gone'));
  one.close();
  expect(heard).toEqual(['gone']);
  one.onGone(() => heard.push('at once'));
  expect(heard).toEqual(['gone', 'at once']);
});

it('a signal aborts when the client goes, and is aborted if it has gone', () => {
  const [early, late] = [request(), request()];
  const { signal } = early;
  expect(signal.aborted).toBe(false);
  early.close();
  late.close();
  expect([signal.aborted, late.signal.aborted]).toEqual([true, true]);
});
