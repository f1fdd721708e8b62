import { describe, expect, it } from 'vitest';
import { statusError } from '../../api/status.ts';
import { JsonValue, type HttpHandler } from '../../platform/net/http.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Api } from '../api.ts';
import type { Session } from '../session.ts';
import { observe, type Watched } from './watch.ts';

interface Thing {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}
const thing = (name: string, resourceVersion: string): Thing => ({
  metadata: { name, resourceVersion },
});
const added = (object: Thing) => ({ type: 'ADDED', object });
const bookmark = (version: string) => ({ type: 'BOOKMARK', object: thing('', version) });
const expired = {
  type: 'ERROR',
  object: statusError('Expired', 'too old resource version').status,
};

/** A server whose watches answer with these events, one array per watch, and then end. */
function serverOf(watches: unknown[][]): { session: Session; asked: string[]; clock: FakeClock } {
  const asked: string[] = [];
  const controller = new AbortController();
  const handler: HttpHandler = async (request) => {
    asked.push(request.query.get('resourceVersion') ?? '');
    const events = watches.shift();
    if (events === undefined) {
      controller.abort();
      throw new Error('aborted');
    }
    const body = (async function* () {
      for (const event of events) {
        if (event instanceof Error) throw event;
        yield new JsonValue(event);
      }
    })();
    return { status: 200, headers: {}, body };
  };
  const clock = new FakeClock();
  const api = new Api({ handler, clock });
  return { session: { api, clock, signal: controller.signal } as unknown as Session, asked, clock };
}

const watchedWith = (list: Thing[]): Watched => ({
  path: '/things',
  query: {},
  accept: 'application/json',
  list: () => Promise.resolve({ resourceVersion: '20', parts: list }),
  versionOf: (part) => {
    const { name, resourceVersion } = (part as Thing).metadata;
    return { key: name, resourceVersion };
  },
});

async function observed(watches: unknown[][], list: Thing[] = [], first: Thing[] = []) {
  const { session, asked, clock } = serverOf(watches);
  const seen: string[] = [];
  const done = (async () => {
    const from = { resourceVersion: '5', parts: first };
    for await (const event of observe(session, watchedWith(list), from))
      seen.push(`${event.type} ${(event.object as Thing).metadata.name}`);
  })();
  let over = false;
  const settled = done.then(
    () => void (over = true),
    () => void (over = true),
  );
  while (!over) {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(20_000);
  }
  await settled;
  await done;
  return { seen, asked };
}

describe('a watch that the server ends', () => {
  it('goes on from the last version seen, bookmarks included', async () => {
    const { seen, asked } = await observed([
      [added(thing('a', '6'))],
      [bookmark('9')],
      [added(thing('b', '10'))],
    ]);
    expect(seen).toEqual(['ADDED a', 'ADDED b']);
    expect(asked).toEqual(['5', '6', '9', '10']);
  });

  it('lists anew after 410, and tells only what has changed', async () => {
    const list = [thing('old', '3'), thing('a', '6'), thing('b', '15')];
    const { seen, asked } = await observed(
      [[added(thing('a', '6')), expired], [added(thing('c', '21'))]],
      list,
      [thing('old', '3')],
    );
    expect(seen).toEqual(['ADDED a', 'ADDED b', 'ADDED c']);
    expect(asked).toEqual(['5', '20', '21']);
  });

  it('is tried again when the connection breaks, and given up when it stays broken', async () => {
    const broken = new Error('socket hang up');
    const { seen } = await observed([[broken], [added(thing('a', '6'))]]);
    expect(seen).toEqual(['ADDED a']);
    await expect(observed(Array.from({ length: 9 }, () => [broken]))).rejects.toThrow('hang up');
  });

  it('ends at once when the server refuses it', async () => {
    const refused = { type: 'ERROR', object: statusError('Forbidden', 'no').status };
    await expect(observed([[refused]])).rejects.toThrow('no');
  });
});
