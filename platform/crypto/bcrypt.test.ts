import { describe, expect, it } from 'vitest';
import { bcrypt, bcryptMatches } from './bcrypt.ts';

describe('bcrypt', () => {
  // Vectors of the OpenBSD and John the Ripper test suites.
  it.each([
    ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
    ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  ])('knows %j', (password, hash) => {
    expect(bcryptMatches(password, hash)).toBe(true);
    expect(bcryptMatches(`${password}!`, hash)).toBe(false);
  });

  it('makes hashes that it and others take', () => {
    const hash = bcrypt('naïve', Buffer.alloc(16, 7), 4);
    expect(hash).toMatch(/^\$2a\$04\$.{53}$/);
    expect(bcryptMatches('naïve', hash)).toBe(true);
    expect(bcryptMatches('naive', hash)).toBe(false);
  });

  it('refuses what is no hash, and costs it cannot pay', () => {
    expect(bcryptMatches('x', 'plain')).toBe(false);
    expect(() => bcrypt('x', Buffer.alloc(16), 3)).toThrow(RangeError);
  });
});
