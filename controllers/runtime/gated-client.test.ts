import { expect, it } from 'vitest';
import { configMaps, pods } from '../../api/resources.ts';
import type { RestClient } from '../../client/rest.ts';
import { GatedClient } from './gated-client.ts';
import { createPods } from './pod-control.ts';

it('finishes what is under way, and begins nothing more once it is closed', async () => {
  const answers: ((value: unknown) => void)[] = [];
  const gate = new GatedClient({
    create: () => new Promise((resolve) => answers.push(resolve)),
  } as unknown as RestClient);
  const begun = gate.create(pods, { metadata: { name: 'a' }, spec: { containers: [] } });
  gate.close();
  const refused = gate.create(configMaps, { metadata: { name: 'b' } });
  await expect(refused).rejects.toThrow('the controllers are stopping');
  expect(answers).toHaveLength(1);
  answers[0]!({ kind: 'Pod' });
  expect(await begun).toEqual({ kind: 'Pod' });
});

it('ends the creation of many pods with the batch that is under way', async () => {
  let created = 0;
  const gate = new GatedClient({
    create: async () => {
      if (++created === 3) gate.close();
    },
  } as unknown as RestClient);
  const draft = { metadata: { namespace: 'default', name: 'p' }, spec: { containers: [] } };
  const drafts = Array.from({ length: 500 }, () => draft);
  const unseen: unknown[] = [];
  const { error } = await createPods(
    drafts,
    async (each) => void (await gate.create(pods, each)),
    (each) => unseen.push(each),
  );
  expect(error?.message).toBe('the controllers are stopping');
  expect(created).toBe(3);
  expect(unseen).toHaveLength(497);
});
