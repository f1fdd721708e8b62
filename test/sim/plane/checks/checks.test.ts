/** That these checks can fail: each is shown a history that breaks its promise, and one that does not. */
import { describe, expect, it } from 'vitest';
import { MemoryKv } from '../../../model/memory-kv.ts';
import { SimTime } from '../../time.ts';
import { MEMORY_MS, Truth } from '../truth.ts';
import { checkPreemption } from './preemption.ts';
import { checkStorage } from './storage.ts';

class History {
  readonly problems: string[] = [];
  readonly #time = new SimTime();
  readonly #kv = new MemoryKv();

  constructor() {
    const truth = new Truth(this.#time);
    const report = (problem: string): void => void this.problems.push(problem);
    checkPreemption(truth, report);
    checkStorage(truth, report);
    void truth.follow(this.#kv);
  }

  async write(key: string, object: object): Promise<void> {
    const value = Buffer.from(JSON.stringify(object));
    const put = { type: 'put', request: { key: `/registry/${key}`, value } } as const;
    await this.#kv.txn({ compare: [], success: [put], failure: [] });
    await this.#time.run(() => false, 0);
  }

  later(ms: number): Promise<void> {
    this.#time.after(ms, () => {});
    return this.#time.run(() => false, this.#time.now + ms);
  }

  pod(name: string, priority: number, more: { node?: string; preempted?: boolean } = {}) {
    const conditions = [{ type: 'DisruptionTarget', reason: 'PreemptionByScheduler' }];
    return this.write(`pods/default/${name}`, {
      metadata: { namespace: 'default', name, uid: name },
      spec: { priority, containers: [], ...(more.node && { nodeName: more.node }) },
      status: more.preempted ? { conditions } : {},
    });
  }

  volume(name: string, claimUid?: string) {
    return this.write(`persistentvolumes/${name}`, {
      metadata: { name, uid: name },
      spec: { ...(claimUid && { claimRef: { uid: claimUid } }) },
    });
  }

  claim(name: string, volumeName?: string, annotations: Record<string, string> = {}) {
    return this.write(`persistentvolumeclaims/default/${name}`, {
      metadata: { namespace: 'default', name, uid: name, annotations },
      spec: { storageClassName: 'lazy', ...(volumeName && { volumeName }) },
    });
  }

  lazyClass() {
    return this.write('storageclasses/lazy', {
      metadata: { name: 'lazy' },
      volumeBindingMode: 'WaitForFirstConsumer',
    });
  }
}

describe('preemption', () => {
  it('is for a pod of higher priority that waits, or did', async () => {
    const history = new History();
    await history.pod('low', 0, { node: 'n' });
    await history.pod('high', 10);
    await history.pod('high', 10, { node: 'm' });
    await history.pod('low', 0, { node: 'n', preempted: true });
    expect(history.problems).toEqual([]);
  });

  it.each([
    ['its equal', 0],
    ['a lesser one', -1],
  ])('is not for %s', async (_, priority) => {
    const history = new History();
    await history.pod('low', 0, { node: 'n' });
    await history.pod('other', priority);
    await history.pod('low', 0, { node: 'n', preempted: true });
    expect(history.problems.join()).toMatch(/low of priority 0 was preempted, and none/);
  });

  it('is not for one that has long had its node', async () => {
    const history = new History();
    await history.pod('low', 0, { node: 'n' });
    await history.pod('high', 10);
    await history.pod('high', 10, { node: 'm' });
    await history.later(MEMORY_MS + 1);
    await history.pod('low', 0, { node: 'n', preempted: true });
    expect(history.problems).toHaveLength(1);
  });
});

describe('claims and volumes', () => {
  const chosen = { 'volume.kubernetes.io/selected-node': 'n' };

  it('find each other once', async () => {
    const history = new History();
    await history.lazyClass();
    await history.claim('a', undefined, chosen);
    await history.volume('v', 'a');
    await history.claim('a', 'v', chosen);
    expect(history.problems).toEqual([]);
  });

  it('are not bound before a pod has a node', async () => {
    const history = new History();
    await history.lazyClass();
    await history.volume('v', 'a');
    await history.claim('a', 'v');
    expect(history.problems.join()).toMatch(/before a pod that uses it had a node/);
  });

  it('do not change partners', async () => {
    const history = new History();
    await history.volume('v', 'a');
    await history.volume('w', 'a');
    await history.claim('a', 'v');
    await history.claim('a', 'w');
    await history.volume('v', 'b');
    expect(history.problems).toEqual([
      'claim default/a was bound to v, then to w',
      'volume v was bound to claim a, then to b',
    ]);
  });

  it('do not share a volume', async () => {
    const history = new History();
    await history.volume('v', 'a');
    await history.claim('a', 'v');
    await history.claim('b', 'v');
    expect(history.problems).toEqual([
      'claim default/b was bound to v, which was not meant for it',
      'claims default/b and default/a are bound to v',
    ]);
  });
});
