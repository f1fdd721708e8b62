/**
 * Lists and watches in every combination of their queries, and deletes with every kind of options:
 * answered as kube-apiserver 1.34.1 answers them, as recorded; where etcd and kube-apiserver are
 * on the PATH, they are asked too.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { Lifecycle } from '../platform/lifecycle.ts';
import { hasKubeApiserver, START_MS } from '../test/support/kube-apiserver.ts';
import { askAll, listAnswers, listTitles } from '../test/support/lists/answers.ts';
import { kubernetesLists, type ListServer, ownLists } from '../test/support/lists/server.ts';

const answers = listAnswers();

test('each list and each delete has an answer', () => {
  expect(answers.filter(Boolean)).toHaveLength(listTitles.length);
});

function asksThem(start: (parts: Lifecycle) => Promise<ListServer>): void {
  const parts = new Lifecycle();
  afterAll(() => parts.stop());

  test('lists, watches and deletes', { timeout: START_MS * 3 }, async () => {
    const told = await askAll(await start(parts));
    const differing = listTitles.flatMap((asked, i) =>
      JSON.stringify(told[i]) === JSON.stringify(answers[i])
        ? []
        : [{ asked, told: told[i], answer: answers[i] }],
    );
    expect(differing).toEqual([]);
  });
}

describe('the answers of', () => asksThem(ownLists));

describe.skipIf(!hasKubeApiserver())('kube-apiserver, the answers of', () =>
  asksThem(kubernetesLists),
);
