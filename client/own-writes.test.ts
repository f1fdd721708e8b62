import { expect, it } from 'vitest';
import { configMaps } from '../api/resources.ts';
import { statusError } from '../api/status.ts';
import type { ConfigMap } from '../api/types/core-v1.ts';
import type { Client } from './interface.ts';
import { OwnWrites } from './own-writes.ts';

const at = (resourceVersion: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'd', name: 'a', resourceVersion },
});

function scene() {
  const cache = { position: 5 };
  const answers: (ConfigMap | Error)[] = [];
  const get = async (): Promise<ConfigMap> => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer!;
  };
  const own = new OwnWrites(cache as never, configMaps, cache);
  const asked = new OwnWrites({ get } as unknown as Client, configMaps, cache);
  return { cache, answers, own, asked };
}

it('holds a key back until the cache has got to what was written for it', async () => {
  const { cache, own } = scene();
  expect(await own.shown('k')).toBe(true);
  await own.run('k', at('5'), () => Promise.resolve(at('8')));
  await own.run('k', at('5'), () => Promise.resolve(at('7')));
  expect([await own.shown('k'), await own.shown('other')]).toEqual([false, true]);
  cache.position = 8;
  expect(await own.shown('k')).toBe(true);
});

it('asks what became of a write whose answer was lost, as often as it takes', async () => {
  const { cache, answers, asked } = scene();
  answers.push(new Error('refused'), new Error('refused'), at('9'));
  const lost = asked.run('k', at('5'), () => Promise.reject(new Error('hung up')));
  await expect(lost).rejects.toThrow('hung up');
  expect(await asked.shown('k')).toBe(false);
  expect(await asked.shown('k')).toBe(false);
  cache.position = 9;
  expect(await asked.shown('k')).toBe(true);
});

it('knows that a refusal wrote nothing', async () => {
  const { asked } = scene();
  const conflict = statusError('Conflict', 'stale');
  await expect(asked.run('k', at('5'), () => Promise.reject(conflict))).rejects.toBe(conflict);
  expect(await asked.shown('k')).toBe(true);
});
