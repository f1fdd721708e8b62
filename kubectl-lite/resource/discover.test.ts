import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApiServer } from '../../apiserver/server.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import type { HttpHandler } from '../../platform/net/http.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { withoutControllers as admissionPlugins } from '../../test/support/admission.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { Api } from '../api.ts';
import { discover, type DiscoveredResource } from './discover.ts';

const parts = new Lifecycle();
let handler: HttpHandler;

beforeAll(async () => {
  const kv = new MemoryKv();
  const server = await parts.start(() =>
    startApiServer({ kv, clock, random, logger, admissionPlugins }),
  );
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  handler = (request) =>
    server.handler({ ...request, peer: { address: 'in-process', certificate } });
});
afterAll(() => parts.stop());

/** As a server of before 1.26, which does not know what is asked for first. */
const older: HttpHandler = (request) => {
  const { accept = '' } = request.headers;
  const known = accept.split(',').filter((type) => !type.includes('apidiscovery'));
  return handler({ ...request, headers: { ...request.headers, accept: known.join() } });
};

const of = (own: HttpHandler) => discover(new Api({ handler: own, clock }));
const inOrder = (all: readonly DiscoveredResource[]) =>
  all.map((each) => ({ ...each, subresources: [...each.subresources].sort() }));

it('finds in lists one by one what aggregated discovery tells', async () => {
  const aggregated = await of(handler);
  expect(aggregated.length).toBeGreaterThan(50);
  expect(inOrder(await of(older))).toEqual(inOrder(aggregated));
});

it('passes over versions that cannot be told', async () => {
  const broken: HttpHandler = (request) =>
    older(request.path === '/apis/apps/v1' ? { ...request, path: '/apis/gone/v1' } : request);
  const found = await of(broken);
  expect(found.some(({ group }) => group === 'apps')).toBe(false);
  expect(found.some(({ group }) => group === 'batch')).toBe(true);
});
