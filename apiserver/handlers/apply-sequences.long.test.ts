/**
 * Sequences of writes by several managers, drawn from seeds: after each of them the object, and
 * who owns what of it, are those of a kube-apiserver. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { eventually } from '../../test/e2e/harness.ts';
import { sequenceDefinition } from '../../test/support/apply-sequence-kinds.ts';
import {
  comparableStep,
  knownDifferences,
  playSequence,
  sequenceOf,
} from '../../test/support/apply-sequences.ts';
import type { Play } from '../../test/support/apply-cases.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../test/support/kube-apiserver.ts';
import { startRawApi } from '../../test/support/raw-api.ts';

const SEEDS = 300;

describe.skipIf(!hasKubeApiserver())('sequences of writes beside kube-apiserver', () => {
  const parts = new Lifecycle();
  let theirs: Play;
  let ours: Play;

  beforeAll(async () => {
    const beside = await parts.start(() => KubeApiserver.start());
    const api = await startRawApi(parts);
    theirs = (...call) => beside.call(...call);
    ours = async (method, path, call) => {
      const { code, body } = await api.call(method, path, call as { body: object; type: string });
      return { code, body: body as unknown as Record<string, unknown> };
    };
    await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
    const { group, names, versions } = sequenceDefinition.spec;
    for (const play of [theirs, ours]) {
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const type = 'application/json';
      const made = await play('POST', definitions, { body: sequenceDefinition, type });
      expect(made.code, JSON.stringify(made.body)).toBe(201);
      for (const { name } of versions) {
        const url = `/apis/${group}/${String(name)}/namespaces/default/${names.plural}`;
        await eventually(url, async () => (await play('GET', url)).code === 200, START_MS);
      }
    }
  }, START_MS * 2);
  afterAll(() => parts.stop());

  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
  const sequences = seeds.filter((seed) => !knownDifferences.has(seed)).map(sequenceOf);

  const titled = sequences.map((each) => [each.title, each] as const);

  test.each(titled)('%s', { timeout: START_MS }, async (_title, one) => {
    const expected = await playSequence(one, theirs);
    const answers = await playSequence(one, ours);
    for (const [i, step] of one.steps.entries()) {
      const told = `step ${i}: ${JSON.stringify(step)}`;
      expect(comparableStep(answers[i]!), told).toEqual(comparableStep(expected[i]!));
    }
  });
});
