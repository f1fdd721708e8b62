/** Whoever asks `kubectl proxy` for an odd path is sent to the one that is served. */
import { get, type IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const answerOf = (port: string, path: string) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, host: '127.0.0.1', path }, (answer) => {
      answer.resume();
      resolve(answer);
    }).on('error', reject);
  });

const moved: readonly [path: string, location: string][] = [
  ['//custom/version', '/custom/version'],
  ['/custom/./api/../version?pretty=1', '/custom/version?pretty=1'],
  ['/..', '/'],
];

transcripts('paths of a proxy', ({ session }) => {
  it('moves those that are not clean', async () => {
    const said = await session(
      ['proxy', '--port=0', '--api-prefix=/custom'],
      /Starting to serve on 127\.0\.0\.1:(\d+)/,
      async ([, port = '']) => {
        for (const [path, location] of moved) {
          const { statusCode, headers } = await answerOf(port, path);
          expect([path, statusCode, headers.location]).toEqual([path, 301, location]);
        }
        expect((await answerOf(port, '/custom/version')).statusCode).toBe(200);
        expect((await answerOf(port, '/version')).statusCode).toBe(404);
      },
    );
    expect(said.lite).toBe(said.kubectl);
  });
});
