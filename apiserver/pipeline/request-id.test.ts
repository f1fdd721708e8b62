import { expect, it } from 'vitest';
import type { Logger } from '../../platform/logger.ts';
import { silentLogger } from '../../platform/logger.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { CountingRandom } from '../../test/support/api-core.ts';
import { requestId } from './request-id.ts';
import { requestInfoOf } from './request-info.ts';
import { RequestNotes } from './request-notes.ts';

it('shows a request that took long, one a second, and never a stream', async () => {
  const clock = new FakeClock();
  const lines: object[] = [];
  const logger: Logger = { ...silentLogger, info: (fields) => void lines.push(fields) };
  const filter = requestId({ random: new CountingRandom(), clock, logger });
  const asks = async (path: string, ms: number): Promise<void> => {
    const [plain = '', query = ''] = path.split('?');
    const http = {
      ...{ method: 'GET', path: plain, query: new URLSearchParams(query) },
      ...{ headers: { 'x-request-id': path }, peer: { address: 'test' } },
      signal: new AbortController().signal,
    };
    const handler = filter(async () => {
      await clock.advance(ms);
      return { status: 200, headers: {} };
    });
    const info = requestInfoOf(http)!;
    const user = { name: 'jane', groups: [] };
    await handler({ http, info, user, auditId: '', notes: new RequestNotes() });
  };
  await asks('/api/v1/pods', 499);
  await asks('/api/v1/pods?watch=true', 5000);
  await asks('/api/v1/nodes', 600);
  await asks('/api/v1/secrets', 900);
  await asks('/api/v1/events', 600);
  expect(lines).toEqual([
    { requestId: '/api/v1/nodes', method: 'GET', path: '/api/v1/nodes', status: 200, ms: 600 },
    { requestId: '/api/v1/events', method: 'GET', path: '/api/v1/events', status: 200, ms: 600 },
  ]);
});
