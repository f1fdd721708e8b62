/** The published cases of server-side apply, by name. kube-apiserver is asked the same. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestApi } from '../../test/support/api-core.ts';
import { applyCases, ownersOf, playCase, valueAt } from '../../test/support/apply-cases.ts';
import { kinds } from '../registry/kinds/index.ts';

type Json = Record<string, unknown>;

let api: TestApi;

beforeEach(async () => {
  api = new TestApi(kinds);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
});
afterEach(() => api.stop());

describe('server-side apply', () => {
  test.each(applyCases.map((each) => [each.name, each] as const))('%s', async (_name, one) => {
    const answers = await playCase(one, async (method, path, call) => {
      const { code, body } = await api.call(method, path, call);
      return { code, body: body as unknown as Json };
    });
    for (const [i, { code, message }] of one.steps.entries()) {
      const { code: answered, body } = answers[i]!;
      if (code === undefined) expect([200, 201], String(body['message'])).toContain(answered);
      else expect(answered, String(body['message'])).toBe(code);
      if (message !== undefined) expect(body['message']).toBe(message);
    }
    const { body: live } = answers.at(-1)!;
    for (const [path, value] of Object.entries(one.live ?? {}))
      expect(valueAt(live, path), path).toEqual(value);
    if (one.owners !== undefined) expect(ownersOf(live)).toEqual(one.owners);
  });
});
