import { describe, expect, it } from 'vitest';
import { birthOf, isAlive } from './child-process.ts';

const { pid } = process;
const birth = birthOf(pid);

describe('a process that was taken down', () => {
  it('is alive by its id alone, if nothing else is known', () => {
    expect(isAlive({ pid })).toBe(true);
    expect(isAlive({ pid: 2 ** 30 })).toBe(false);
  });

  it.runIf(process.platform === 'linux')('is not another that has its id now', () => {
    expect(birth).toBeGreaterThan(0);
    expect(isAlive({ pid, birth })).toBe(true);
    expect(isAlive({ pid, birth: birth! - 1 })).toBe(false);
    expect(birthOf(2 ** 30)).toBeUndefined();
  });
});
