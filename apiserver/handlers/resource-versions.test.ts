/**
 * Kubernetes' table of resourceVersion × resourceVersionMatch × limit and continue, for lists,
 * gets and watches (documentation, "API Concepts", "Resource versions"), every combination.
 */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { StatusError } from '../../api/status.ts';
import type { Chunk } from '../../platform/net/http.ts';
import { type Answer, parsed, TestApi } from '../../test/support/api-core.ts';
import { kinds } from '../registry/kinds/index.ts';

const maps = '/api/v1/namespaces/d/configmaps';

let api: TestApi;
/** Names of what the table says of a resourceVersion, and what they are in this store. */
const versions: Record<string, string> = { unset: '', '0': '0' };
let token = '';
let oldToken = '';

beforeAll(async () => {
  api = new TestApi(kinds);
  const create = async (name: string): Promise<string> =>
    (await api.call('POST', maps, { body: { metadata: { name } } })).body.metadata.resourceVersion!;
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
  versions['compacted'] = await create('a');
  await create('b');
  oldToken = (await list({ limit: '1' })).body.metadata.continue!;
  versions['N'] = await create('c');
  versions['now'] = await create('d');
  versions['future'] = String(Number(versions['now']) + 100);
  token = (await list({ limit: '1' })).body.metadata.continue!;
  await api.kv.compact(Number(versions['N']));
});
afterAll(() => api.stop());

/** What waits for a version that never comes waits three seconds. */
async function soon<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => {});
  for (let i = 0; i < 8; i++) await api.clock.advance(500);
  return answer;
}

function list(parameters: Record<string, string>, url = maps): Promise<Answer> {
  const query = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(parameters)) if (value === '') query.delete(name);
  return soon(api.call('GET', `${url}?${query.toString()}`));
}

const nameOf = (version: string | undefined): string =>
  Object.keys(versions).find((name) => versions[name] === version) ?? `${version}`;

function refusal({ body, code }: Answer): string {
  const { reason, details } = body as unknown as {
    reason: string;
    details?: { causes?: { message: string }[] };
  };
  const causes = (details?.causes ?? []).map(({ message }) => message);
  return [`${code} ${reason}`, ...causes].join('; ');
}

/** "a b c d @now", with "+n" if there are n more. */
function outcome(answer: Answer): string {
  const { body, code } = answer;
  if (code !== 200) return refusal(answer);
  const names = body.items.map(({ metadata }) => metadata.name).join(' ');
  const { resourceVersion, remainingItemCount } = body.metadata;
  const more = remainingItemCount === undefined ? '' : ` +${remainingItemCount}`;
  return `${names} @${nameOf(resourceVersion)}${more}`;
}

const all = 'a b c d @now';
const future = '504 Timeout; Too large resource version';
const gone = '410 Expired';
const needsVersion =
  '422 Invalid; Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided';
const notWithContinue = 'Forbidden: resourceVersionMatch is forbidden when continue is provided';
const notForZero = 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
const odd = 'Unsupported value: "Odd": supported values: "Exact", "NotOlderThan", ""';
const both = '400 BadRequest';

type Outcomes = readonly [whole: string, limited: string, continued: string];

const lists: Readonly<Record<string, Outcomes>> = {
  'unset unset': [all, 'a @now +3', 'b c d @now'],
  'unset Exact': [needsVersion, needsVersion, `${needsVersion}; ${notWithContinue}`],
  'unset NotOlderThan': [needsVersion, needsVersion, `${needsVersion}; ${notWithContinue}`],
  'unset Odd': [
    `${needsVersion}; ${odd}`,
    `${needsVersion}; ${odd}`,
    `${needsVersion}; ${notWithContinue}; ${odd}`,
  ],
  // From any state a server may answer everything.
  '0 unset': [all, all, 'b c d @now'],
  '0 Exact': [
    `422 Invalid; ${notForZero}`,
    `422 Invalid; ${notForZero}`,
    `422 Invalid; ${notWithContinue}; ${notForZero}`,
  ],
  '0 NotOlderThan': [all, all, `422 Invalid; ${notWithContinue}`],
  '0 Odd': [
    `422 Invalid; ${odd}`,
    `422 Invalid; ${odd}`,
    `422 Invalid; ${notWithContinue}; ${odd}`,
  ],
  // Without a match, a limit makes it exact: as it was before there was one.
  'N unset': [all, 'a @N +2', both],
  'N Exact': ['a b c @N', 'a @N +2', `422 Invalid; ${notWithContinue}`],
  'N NotOlderThan': [all, 'a @now +3', `422 Invalid; ${notWithContinue}`],
  'N Odd': [
    `422 Invalid; ${odd}`,
    `422 Invalid; ${odd}`,
    `422 Invalid; ${notWithContinue}; ${odd}`,
  ],
  'compacted unset': [all, gone, both],
  'compacted Exact': [gone, gone, `422 Invalid; ${notWithContinue}`],
  'compacted NotOlderThan': [all, 'a @now +3', `422 Invalid; ${notWithContinue}`],
  'future unset': [future, future, both],
  'future Exact': [future, future, `422 Invalid; ${notWithContinue}`],
  'future NotOlderThan': [future, future, `422 Invalid; ${notWithContinue}`],
};

function parametersOf(key: string): Record<string, string> {
  const [version = '', match = ''] = key.split(' ');
  const resourceVersionMatch = match === 'unset' ? '' : match;
  return { resourceVersion: versions[version]!, resourceVersionMatch };
}

describe('a list', () => {
  describe.each(Object.entries(lists))('%s', (key, [whole, limited, continued]) => {
    test('whole', async () => {
      expect(outcome(await list(parametersOf(key)))).toBe(whole);
    });
    test('limited', async () => {
      expect(outcome(await list({ ...parametersOf(key), limit: '1' }))).toBe(limited);
    });
    test('continued', async () => {
      expect(outcome(await list({ ...parametersOf(key), continue: token }))).toBe(continued);
    });
  });

  it('of versions that only 64 bits hold is of the future', async () => {
    for (const resourceVersion of ['9223372036854775808', '18446744073709551615'])
      expect(outcome(await list({ resourceVersion }))).toBe(future);
    expect((await list({ resourceVersion: '18446744073709551616' })).code).toBe(400);
  });

  it('of one object by its name has no other page', async () => {
    const exact = { resourceVersionMatch: 'Exact', resourceVersion: versions['now']! };
    const { body } = await list({ ...exact, limit: '1', fieldSelector: 'metadata.name=a' });
    expect(body.items).toHaveLength(1);
    expect(body.metadata.continue).toBe(undefined);
  });

  it('goes on page by page in the state of its first page', async () => {
    const first = await list({ limit: '2' });
    await api.call('PATCH', `${maps}/d`, {
      body: { metadata: { labels: { changed: 'yes' } } },
      type: 'application/merge-patch+json',
    });
    const { continue: next } = first.body.metadata;
    const second = await list({ limit: '1', continue: next! });
    expect(outcome(second)).toBe('c @now +1');
    const last = await list({ limit: '1', continue: second.body.metadata.continue! });
    expect(outcome(last)).toBe('d @now');
    expect(last.body.items[0]!.metadata.labels).toBeUndefined();
  });

  it('whose pages are compacted is refused with a token to go on in another state', async () => {
    const expired = await list({ limit: '1', continue: oldToken });
    expect(outcome(expired)).toBe(gone);
    expect(expired.body.message).toContain('The provided continue parameter is too old');
    const fresh = expired.body.metadata.continue!;
    const decoded: unknown = JSON.parse(Buffer.from(fresh, 'base64url').toString());
    expect(decoded).toEqual({ v: 'meta.k8s.io/v1', rv: -1, start: 'a\0' });
    const rest = await list({ limit: '1', continue: fresh });
    expect(rest.body.items.map(({ metadata }) => metadata.name)).toEqual(['b']);
    // The pages after this one are of one state again.
    const page = JSON.parse(Buffer.from(rest.body.metadata.continue!, 'base64url').toString()) as {
      rv: number;
    };
    expect(String(page.rv)).toBe(rest.body.metadata.resourceVersion);
  });

  test.each([
    [
      'resourceVersion=x',
      '400 BadRequest',
      'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ],
    ['continue=x', '400 BadRequest', 'continue key is not valid: '],
    ['limit=x', '400 BadRequest', ''],
    [
      'sendInitialEvents=true',
      '422 Invalid; Forbidden: sendInitialEvents is forbidden for list',
      '',
    ],
  ])('refuses %s', async (query, wanted, message) => {
    const answer = await soon(api.call('GET', `${maps}?${query}`));
    expect(refusal(answer)).toBe(wanted);
    expect(answer.body.message).toContain(message);
  });
});

test.each([
  ['unset', '200'],
  ['0', '200'],
  ['compacted', '200'],
  ['N', '200'],
  ['future', future],
])('a get at %s', async (version, wanted) => {
  const answer = await list({ resourceVersion: versions[version]! }, `${maps}/a`);
  expect(answer.code === 200 ? '200' : refusal(answer)).toBe(wanted);
});

describe('a watch', () => {
  const state = 'ADDED a, ADDED b, ADDED c, ADDED d';
  const after = 'ADDED d, MODIFIED d';
  const needsMatch =
    'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  const onlyInitial =
    'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
  const onlyNotOlder = 'Unsupported value: "Exact": supported values: "NotOlderThan"';
  const marked = `${state}, END`;

  /** With neither, with sendInitialEvents, and with resourceVersionMatch or both. */
  const watches: Readonly<Record<string, string>> = {
    'unset unset -': state,
    '0 unset -': state,
    'N unset -': after,
    // The cache remembers more than the store.
    'compacted unset -': `ADDED b, ADDED c, ${after}`,
    'unset NotOlderThan -': `422 Invalid; ${onlyInitial}`,
    'N NotOlderThan -': `422 Invalid; ${onlyInitial}`,
    'N Exact -': `422 Invalid; ${onlyInitial}; ${onlyNotOlder}`,
    'unset unset true': `422 Invalid; ${needsMatch}`,
    'N unset true': `422 Invalid; ${needsMatch}`,
    'N Exact true': `422 Invalid; ${needsMatch}; ${onlyNotOlder}`,
    'unset NotOlderThan true': marked,
    '0 NotOlderThan true': marked,
    'N NotOlderThan true': marked,
    'compacted NotOlderThan true': marked,
    'future NotOlderThan true': 'ERROR 504',
    // From now on, without what is there.
    'unset NotOlderThan false': '',
    '0 NotOlderThan false': '',
    'N NotOlderThan false': after,
  };

  async function watch(key: string): Promise<string> {
    const [, , initial = '-'] = key.split(' ');
    const query = new URLSearchParams({ watch: 'true', allowWatchBookmarks: 'true' });
    for (const [name, value] of Object.entries(parametersOf(key)))
      if (value !== '') query.set(name, value);
    if (initial !== '-') query.set('sendInitialEvents', initial);
    const url = `${maps}?${query.toString()}`;
    let events: AsyncIterator<Chunk>;
    try {
      events = await soon(api.watch(url));
    } catch (error) {
      const { code, status } = error as StatusError;
      return refusal({ code, headers: {}, body: status as unknown as Answer['body'] });
    }
    const seen: string[] = [];
    let open = true;
    const read = async (): Promise<void> => {
      while (open) {
        const event = await events.next();
        if (event.done === true) return;
        seen.push(told(event.value));
      }
    };
    void read();
    await soon(Promise.resolve());
    open = false;
    await events.return?.();
    return seen.join(', ');
  }

  function told(chunk: Chunk): string {
    const { type, object } = parsed(chunk) as {
      type: string;
      object: { code?: number; metadata: { name?: string; annotations?: object } };
    };
    if (type === 'ERROR') return `ERROR ${object.code}`;
    if (type === 'BOOKMARK') return object.metadata.annotations === undefined ? 'AT' : 'END';
    return `${type} ${object.metadata.name}`;
  }

  test.each(Object.entries(watches))('%s', async (key, wanted) => {
    expect(await watch(key)).toBe(wanted);
  });

  test('from a version that nobody remembers', async () => {
    const restarted = new TestApi(kinds, api.kv);
    const query = `watch=1&resourceVersion=${versions['compacted']}`;
    const watching = restarted.watch(`${maps}?${query}`);
    await restarted.clock.advance(500);
    const events = await watching;
    expect(parsed((await events.next()).value as Chunk)).toMatchObject({
      type: 'ERROR',
      object: {
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/) as string,
      },
    });
    expect((await events.next()).done).toBe(true);
    await restarted.stop();
  });
});
