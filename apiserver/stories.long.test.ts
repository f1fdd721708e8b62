/**
 * Requests that follow upon each other: each is answered as kube-apiserver 1.34.1 answers it, as
 * recorded; where etcd and kube-apiserver are on the PATH, they are asked too.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lifecycle } from '../platform/lifecycle.ts';
import { hasKubeApiserver, START_MS } from '../test/support/kube-apiserver.ts';
import { askKubernetes, askOwn } from '../test/support/stories/ask.ts';
import { stories } from '../test/support/stories/index.ts';
import { type Ask, play, storyAnswers } from '../test/support/stories/story.ts';

const answers = storyAnswers();

test('each story has its answers', () => {
  expect([...answers.keys()]).toEqual(stories.map(({ title }) => title));
});

function playsThem(start: (parts: Lifecycle) => Promise<Ask>): void {
  const parts = new Lifecycle();
  let ask: Ask;

  beforeAll(async () => {
    ask = await start(parts);
  }, START_MS * 2);
  afterAll(() => parts.stop());

  test.each(stories.map((story) => [story.title, story] as const))(
    '%s',
    async (title, story) => {
      expect(await play(ask, story)).toEqual(answers.get(title));
    },
    START_MS,
  );
}

describe('the story of', () => playsThem(askOwn));

describe.skipIf(!hasKubeApiserver())('kube-apiserver, in the story of', () =>
  playsThem(askKubernetes),
);
