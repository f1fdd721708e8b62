import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../api/meta.ts';
import { pods } from '../api/resources.ts';
import { statusError } from '../api/status.ts';
import { silentLogger } from '../platform/logger.ts';
import { BoundedStream } from '../platform/stream.ts';
import { FakeClock, settle } from '../test/support/fake-clock.ts';
import type { Client, ListOptions, WatchEvent, WatchOptions } from './interface.ts';
import { createInformer, type InformerOptions } from './informer.ts';

const pod = (name: string, resourceVersion: string, uid = name): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'd', name, uid, resourceVersion },
});

/** A server whose every answer the test writes; what it is asked goes into the transcript. */
class ScriptedServer {
  readonly transcript: string[] = [];
  readonly lists: (
    { items: KubernetesObject[]; resourceVersion: string; continue?: string } | Error
  )[] = [];
  readonly watches: (BoundedStream<WatchEvent<KubernetesObject>> | Error)[] = [];
  readonly clock = new FakeClock();

  stream(): BoundedStream<WatchEvent<KubernetesObject>> {
    const stream = new BoundedStream<WatchEvent<KubernetesObject>>(100);
    this.watches.push(stream);
    return stream;
  }

  client(): Client {
    const list = async (_type: unknown, options: ListOptions) => {
      this.transcript.push(`list ${shown(options)}`);
      const answer = this.lists.shift();
      if (answer === undefined) throw new Error('unexpected list');
      if (answer instanceof Error) throw answer;
      const { items, ...metadata } = answer;
      return { apiVersion: 'v1', kind: 'PodList', metadata, items };
    };
    const watch = async (_type: unknown, options: WatchOptions) => {
      this.transcript.push(`watch from ${options.resourceVersion}`);
      const answer = this.watches.shift();
      if (answer === undefined) throw new Error('unexpected watch');
      if (answer instanceof Error) throw answer;
      options.signal.addEventListener('abort', () => answer.end());
      return answer;
    };
    return { list, watch } as unknown as Client;
  }

  /** An informer whose handler writes into the transcript. */
  informer(options: Partial<InformerOptions> = {}) {
    const informer = createInformer(pods, {
      client: this.client(),
      clock: this.clock,
      random: { below: (bound) => bound - 1, bytes: (n) => new Uint8Array(n) },
      logger: silentLogger,
      freeze: true,
      ...options,
    });
    informer.addHandler({
      added: (o) => this.transcript.push(`added ${o.metadata.name}@${o.metadata.resourceVersion}`),
      updated: (old, o) =>
        this.transcript.push(
          `updated ${o.metadata.name}@${old.metadata.resourceVersion}->${o.metadata.resourceVersion}`,
        ),
      deleted: (o) => this.transcript.push(`deleted ${o.metadata.name}`),
    });
    return informer;
  }

  take(): string[] {
    return this.transcript.splice(0);
  }
}

const shown = (options: ListOptions): string =>
  Object.entries(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const expired = () => statusError('Expired', 'too old resource version');

describe('an informer', () => {
  it('lists the latest state, watches from it, and resumes from the last event or bookmark', async () => {
    const server = new ScriptedServer();
    server.lists.push({ items: [pod('a', '5')], resourceVersion: '7' });
    const first = server.stream();
    const second = server.stream();
    const informer = server.informer();
    informer.start();
    await informer.whenSynced();
    await settle();
    expect(server.take()).toEqual(['list ', 'added a@5', 'watch from 7']);

    first.push({ type: 'MODIFIED', object: pod('a', '8') });
    first.push({ type: 'ADDED', object: pod('b', '9') });
    first.push({ type: 'DELETED', object: pod('a', '10') });
    first.push({ type: 'BOOKMARK', object: pod('', '20') });
    first.end();
    await settle();
    expect(server.take()).toEqual(['updated a@5->8', 'added b@9', 'deleted a', 'watch from 20']);
    expect(informer.lister.list().map((o) => o.metadata.name)).toEqual(['b']);
    expect(informer.lister.get('d/b')).toBeDefined();

    second.push({ type: 'MODIFIED', object: pod('b', '21') });
    await settle();
    expect(server.take()).toEqual(['updated b@9->21']);
    await informer.stop();
    expect(server.clock.timers).toBe(0);
  });

  it('lists again, the latest state in pages, when its version expired', async () => {
    const server = new ScriptedServer();
    server.lists.push({ items: [pod('a', '1'), pod('b', '2')], resourceVersion: '7' });
    server.watches.push(expired());
    server.lists.push(
      { items: [pod('a', '1')], resourceVersion: '30', continue: 'more' },
      { items: [pod('c', '29')], resourceVersion: '30' },
    );
    server.stream();
    const informer = server.informer();
    informer.start();
    await settle();
    expect(server.take()).toEqual([
      'list ',
      'added a@1',
      'added b@2',
      'watch from 7',
      'list limit=500',
      'list limit=500 continue=more',
      'added c@29',
      'deleted b',
      'watch from 30',
    ]);
    await informer.stop();
  });

  it('resumes after a broken connection with growing pauses', async () => {
    const server = new ScriptedServer();
    server.lists.push({ items: [], resourceVersion: '7' });
    const broken = server.stream();
    server.watches.push(new Error('connect ECONNREFUSED'), new Error('connect ECONNREFUSED'));
    const last = server.stream();
    const informer = server.informer();
    informer.start();
    await settle();
    server.take();
    broken.fail(new Error('socket hang up'));
    await server.clock.advance(199);
    expect(server.take()).toEqual([]);
    await server.clock.advance(1);
    expect(server.take()).toEqual(['watch from 7']);
    await server.clock.advance(400);
    expect(server.take()).toEqual(['watch from 7']);
    await server.clock.advance(800);
    expect(server.take()).toEqual(['watch from 7']);
    last.push({ type: 'ADDED', object: pod('a', '8') });
    await settle();
    expect(server.take()).toEqual(['added a@8']);
    await informer.stop();
  });

  it('pauses after a watch that ends at once, instead of asking in a circle', async () => {
    const server = new ScriptedServer();
    server.lists.push({ items: [], resourceVersion: '7' });
    server.stream().end();
    server.stream();
    const informer = server.informer();
    informer.start();
    await settle();
    expect(server.take()).toEqual(['list ', 'watch from 7']);
    await server.clock.advance(200);
    expect(server.take()).toEqual(['watch from 7']);
    await informer.stop();
  });

  it('tells of a deletion and a creation when the same name has a new uid', async () => {
    const server = new ScriptedServer();
    server.lists.push({ items: [pod('a', '1')], resourceVersion: '7' });
    server.watches.push(expired());
    server.lists.push({ items: [pod('a', '8', 'another')], resourceVersion: '9' });
    server.stream();
    const informer = server.informer();
    informer.start();
    await settle();
    expect(server.take().filter((line) => /^(added|deleted|updated)/.test(line))).toEqual([
      'added a@1',
      'deleted a',
      'added a@8',
    ]);
    await informer.stop();
  });

  it('gives late handlers what is cached, and keeps indexes', async () => {
    const server = new ScriptedServer();
    server.lists.push({ items: [pod('a', '1'), pod('b', '2')], resourceVersion: '7' });
    const stream = server.stream();
    const informer = server.informer();
    informer.addIndex('version', (o) => [o.metadata.resourceVersion!]);
    informer.start();
    await informer.whenSynced();
    const late: string[] = [];
    const remove = informer.addHandler({ added: (o) => late.push(o.metadata.name!) });
    expect(late).toEqual(['a', 'b']);
    remove();
    await settle();
    stream.push({ type: 'MODIFIED', object: pod('a', '2') });
    await settle();
    expect(informer.lister.byIndex('version', '1')).toEqual([]);
    expect(informer.lister.byIndex('version', '2').map((o) => o.metadata.name)).toEqual(['b', 'a']);
    expect(() => informer.lister.byIndex('nope', '')).toThrow('no index nope');
    await informer.stop();
  });

  it('tells who does not want to wait that lists fail again and again', async () => {
    const server = new ScriptedServer();
    for (let n = 0; n < 3; n++) server.lists.push(new Error('no conversion'));
    server.lists.push({ items: [pod('a', '1')], resourceVersion: '7' });
    server.stream();
    const informer = server.informer();
    informer.start();
    let tried = false;
    void informer.whenTried().then(() => (tried = true));
    await server.clock.advance(200 + 100);
    expect(tried).toBe(false);
    await server.clock.advance(400);
    expect([tried, informer.synced]).toEqual([true, false]);
    await server.clock.advance(800);
    await informer.whenSynced();
    await informer.stop();
  });

  it('rejects those who wait for the sync when it is stopped before', async () => {
    const server = new ScriptedServer();
    server.lists.push(new Error('connect ECONNREFUSED'));
    const informer = server.informer();
    informer.start();
    const waiting = informer.whenSynced();
    await settle();
    await informer.stop();
    await expect(waiting).rejects.toThrow('stopped before its first list');
    expect(server.clock.timers).toBe(0);
  });
});
