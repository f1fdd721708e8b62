import { expect, it } from 'vitest';
import { configMaps, nodes } from '../../api/resources.ts';
import { startCluster } from '../../index.ts';

it('starts clusters side by side that know nothing of each other, and stops them', async () => {
  const [one, two] = await Promise.all([startCluster({ nodes: 1 }), startCluster({ nodes: 2 })]);
  try {
    expect(one.server).not.toBe(two.server);
    await one.client.create(configMaps, { metadata: { name: 'mine', namespace: 'default' } });
    const found = await two.client.list(configMaps, { fieldSelector: 'metadata.name=mine' });
    expect(found.items).toEqual([]);
    expect((await one.client.list(nodes)).items).toHaveLength(1);
    expect((await two.client.list(nodes)).items).toHaveLength(2);
    expect(one.kubeconfig).toContain(one.server);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});
