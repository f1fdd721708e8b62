import { describe, expect, it } from 'vitest';
import { realCrypto } from './crypto.ts';

describe('passwords', () => {
  // Vectors of the OpenBSD and John the Ripper test suites.
  it.each([
    ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
    ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  ])('are compared with hashes made elsewhere: %j', async (password, hash) => {
    expect(await realCrypto.passwordMatches(password, hash)).toBe(true);
    expect(await realCrypto.passwordMatches(`${password}!`, hash)).toBe(false);
  });

  it('become hashes as etcd’s members write them', async () => {
    const hash = await realCrypto.hashPassword('naïve', 4);
    expect(hash).toMatch(/^\$2a\$04\$.{53}$/);
    expect(await realCrypto.hashPassword('naïve', 4)).not.toBe(hash);
    expect(await realCrypto.passwordMatches('naïve', hash)).toBe(true);
    expect(await realCrypto.passwordMatches('naive', hash)).toBe(false);
  });

  it.each(['plain', '?'.repeat(60)])('match nothing that is no hash: %s', async (text) => {
    expect(await realCrypto.passwordMatches('x', text)).toBe(false);
  });

  it('are not hashed at a cost that bcrypt does not have', async () => {
    await expect(realCrypto.hashPassword('x', 3)).rejects.toThrow();
    expect(await realCrypto.passwordMatches('x', 'plain')).toBe(false);
  });
});
