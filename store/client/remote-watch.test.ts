import { describe, expect, it } from 'vitest';
import type { ReceivedWatchResponse } from '../grpc/messages/watch.ts';
import type { Event, WatchBatch, WatchRequest } from '../kv.ts';
import { RemoteWatch } from './remote-watch.ts';

const nothing: ReceivedWatchResponse = {
  ...{ revision: 0, watchId: 1, created: false, canceled: false, compactRevision: 0 },
  ...{ cancelReason: '', fragment: false, events: [] },
};
const event = (key: string, modRevision: number, type: Event['type'] = 'put'): Event => ({
  type,
  kv: { key, value: Buffer.alloc(0), createRevision: 1, modRevision, version: 1, lease: '0' },
});

function start(request: WatchRequest) {
  const host = {
    cancelled: 0,
    asked: 0,
    cancel: () => void host.cancelled++,
    askForProgress: () => void host.asked++,
  };
  const watch = new RemoteWatch(request, host);
  const iterator = watch[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const result: IteratorResult<WatchBatch> = await iterator.next();
    if (result.done === true) return 'end';
    const { revision, events } = result.value;
    return [revision, ...events.map(({ type, kv }) => `${type} ${kv.key}`)];
  };
  const created = (revision: number) => watch.receive({ ...nothing, created: true, revision });
  const events = (...list: Event[]) => watch.receive({ ...nothing, events: list });
  return { host, watch, next, created, events };
}

describe('a remote watch', () => {
  it('ends a consumer that is too slow, in a way that may be resumed', async () => {
    const { host, next, created, events } = start({ key: 'a' });
    created(1);
    for (let revision = 2; revision < 10_100; revision++) events(event('a', revision));
    await expect(next()).rejects.toMatchObject({ reason: 'unavailable' });
    expect(host.cancelled).toBe(1);
  });

  it('takes no progress below its first revision', async () => {
    const { watch, next, created, events } = start({ key: 'a', startRevision: 10 });
    created(5);
    watch.progress(7);
    events(event('a', 12));
    expect(await next()).toEqual([12, 'put a']);
  });

  it('is done once cancelled, and deaf', async () => {
    const { host, watch, next, created, events } = start({ key: 'a' });
    created(1);
    watch.cancel();
    watch.cancel();
    events(event('a', 2));
    expect(await next()).toBe('end');
    expect(host.cancelled).toBe(1);
  });
});

describe('a remote watch on a server that cannot announce progress', () => {
  it('drops what was not asked for, and takes it as proof', async () => {
    const request = { key: 'b', rangeEnd: 'd', noDelete: true };
    const { watch, next, created, events } = start(request);
    watch.filterLocally();
    created(4);
    events(event('a', 5), event('b', 5));
    watch.requestProgress();
    watch.progressOnceAt(7);
    events(event('d', 6));
    events(event('c', 7, 'delete'), event('c', 7));
    events(event('z', 8));
    watch.progressOnceAt(8);
    expect(await next()).toEqual([5, 'put b']);
    expect(await next()).toEqual([7, 'put c']);
    expect(await next()).toEqual([7]);
    expect(await next()).toEqual([8]);
    expect(watch.owed).toBe(false);
  });

  it('has made progress to where it starts, and mistrusts what the server announces', async () => {
    const { watch, next, created } = start({ key: 'a', startRevision: 20 });
    watch.filterLocally();
    watch.progressOnceAt(15);
    watch.progress(30);
    created(15);
    expect(await next()).toEqual([15]);
  });
});
