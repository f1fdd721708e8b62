import { describe, expect, it } from 'vitest';
import { controllerTable, enabledControllers } from './table.ts';

describe('--controllers', () => {
  const names = (...list: string[]) => enabledControllers(list).map(({ name }) => name);
  it.each([
    [['*'], controllerTable.map(({ name }) => name)],
    [['deployment'], ['deployment-controller']],
    [
      ['deployment-controller', 'replicaset'],
      ['deployment-controller', 'replicaset-controller'],
    ],
    [
      ['*', '-deployment', '-garbagecollector'],
      controllerTable.map(({ name }) => name).filter((n) => !/^(deployment|garbage)/.test(n)),
    ],
    // kubeadm's.
    [['*', 'bootstrapsigner', 'tokencleaner'], controllerTable.map(({ name }) => name)],
    [['-deployment'], []],
  ])('%j', (list, wanted) => {
    expect(names(...list)).toEqual(wanted);
  });
  it('refuses a name nobody has', () => {
    expect(() => names('*', 'jobs')).toThrow('"jobs" is not in the list of known controllers');
  });
});
