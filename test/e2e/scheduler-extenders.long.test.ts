/**
 * One extender over HTTP for our scheduler and for a kube-scheduler: what both do and say has to
 * be the same, whatever it answers. Needs kube-scheduler on the PATH.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { startExtenders } from '../support/scheduling-cases/extender-server.ts';
import { extenderCases } from '../support/scheduling-cases/extenders.ts';
import { startSide } from '../support/scheduling-cases/side.ts';
import type { Stage } from '../support/scheduling-cases/stage.ts';
import { tool, wherryMain } from './harness.ts';

const kubeScheduler = tool('kube-scheduler');
/** Events are written off the schedulers' paths. */
const AGREED_MS = 15_000;
const parts = new Lifecycle();
let ours: Stage;
let theirs: Stage;

const started = async (...command: [string, ...string[]]): Promise<Stage> =>
  (await startSide(parts, command, (client) => startExtenders(parts, client))).stage;

/** Each side's extender has an address of its own. */
const plain = (seen: object): unknown =>
  JSON.parse(JSON.stringify(seen).replaceAll(/127\.0\.0\.1:\d+/g, 'extender')) as unknown;

describe.skipIf(kubeScheduler === undefined)('extenders, as kube-scheduler heeds them', () => {
  beforeAll(async () => {
    ours = await started(process.execPath, wherryMain, 'scheduler');
    theirs = await started(kubeScheduler!);
  }, 120_000);
  afterEach(async () => {
    await Promise.all([ours.clear(), theirs.clear()]);
  }, 60_000);
  afterAll(() => parts.stop(), 60_000);

  it.each(extenderCases)(
    '$name',
    async (each) => {
      await Promise.all([ours.play(each), theirs.play(each)]);
      const agreed = async () =>
        expect(plain(await ours.seen(each))).toEqual(plain(await theirs.seen(each)));
      await vi.waitFor(agreed, { timeout: AGREED_MS, interval: 200 });
    },
    60_000,
  );
});
