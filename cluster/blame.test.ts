import { describe, expect, it } from 'vitest';
import { blame, firstFault } from './blame.ts';
import type { Condition, Verdict } from './verdict.ts';

const verdict = (name: string, condition: Condition): Verdict => ({
  component: { name, pid: 1, startedAt: 0, restarts: 0, ready: true },
  condition,
  ...(condition === 'ready' ? {} : { says: `${name} is ${condition}` }),
});

/** Those that are told of, and "sufferer<cause" for those that are not. */
function told(conditions: Readonly<Record<string, Condition>>): string[] {
  const verdicts = blame(Object.entries(conditions).map(([name, is]) => verdict(name, is)));
  return verdicts.flatMap(({ component: { name }, says, because }) =>
    says !== undefined ? [name] : because !== undefined ? [`${name}<${because}`] : [],
  );
}

const well: Readonly<Record<string, Condition>> = {
  ...{ store1: 'ready', store2: 'ready', store3: 'ready' },
  ...{ apiserver1: 'ready', apiserver2: 'ready', controllers: 'ready', node1: 'ready' },
};

describe('blame', () => {
  it('says nothing of a healthy cluster', () => {
    expect(told(well)).toEqual([]);
  });

  it('names a silent member, not the API server that waits for it', () => {
    expect(told({ ...well, store1: 'silent', apiserver1: 'unready' })).toEqual([
      'store1',
      'apiserver1<store1',
    ]);
  });

  it('names a dead leader, not the members that elect another', () => {
    const conditions = { ...well, store1: 'unready', store2: 'dead', store3: 'unready' } as const;
    expect(told(conditions)).toEqual(['store1<store2', 'store2', 'store3<store2']);
  });

  it('names each of two faults', () => {
    expect(told({ ...well, store3: 'silent', controllers: 'dead' })).toEqual([
      'store3',
      'controllers',
    ]);
    expect(told({ ...well, apiserver1: 'silent', apiserver2: 'dead' })).toEqual([
      'apiserver1',
      'apiserver2',
    ]);
  });

  it('tells of the members that are left where they are no majority', () => {
    const conditions = { store1: 'silent', store2: 'silent', store3: 'unready' } as const;
    expect(told({ ...well, ...conditions, apiserver1: 'unready', apiserver2: 'unready' })).toEqual([
      ...['store1', 'store2', 'store3', 'apiserver1<store1', 'apiserver2<store1'],
    ]);
  });

  it('names what is not ready while all below it are', () => {
    expect(told({ ...well, apiserver2: 'unready' })).toEqual(['apiserver2']);
    expect(told({ ...well, store2: 'unready' })).toEqual(['store2']);
    expect(told({ ...well, controllers: 'starting' })).toEqual(['controllers']);
  });

  it('takes a lost lease for a consequence of a silent API server', () => {
    expect(told({ ...well, apiserver1: 'silent', controllers: 'starting' })).toEqual([
      'apiserver1',
      'controllers<apiserver1',
    ]);
  });

  it('finds the first fault behind its consequences', () => {
    const verdicts = blame([verdict('apiserver1', 'unready'), verdict('store1', 'silent')]);
    expect(firstFault(verdicts)?.component.name).toBe('store1');
  });
});
