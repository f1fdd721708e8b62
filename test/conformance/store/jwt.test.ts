/** --auth-token jwt: tokens that say who calls, which every server with the key can check. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtSigner } from '../../../platform/node/crypto/jwt.ts';
import { authSettings } from '../../../store/options/auth-flags.ts';
import { storeFlags, type StoreFlags } from '../../../store/options/flags.ts';
import { temporaryFolder } from '../../e2e/harness.ts';
import { RawClient } from './raw-client.ts';
import { etcd, startEtcd, startOurs, type TestServer } from './servers.ts';

const TTL_SECONDS = 600;

const pair = (): { publicKey: string; privateKey: string } =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const keys = pair();
const folder = await temporaryFolder();
const files = [join(folder.path, 'public'), join(folder.path, 'private')] as const;
const flag = [
  '--auth-token',
  `jwt,pub-key=${files[0]},priv-key=${files[1]},sign-method=RS256,ttl=10m`,
];

async function oursWithKeys(): Promise<TestServer> {
  const command = storeFlags({ environment: false }).parse(flag, { from: 'user' });
  return startOurs({
    auth: { ...(await authSettings(command.opts<StoreFlags>())), bcryptCost: 4 },
  });
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;

const invalid = { code: 16, details: 'etcdserver: invalid auth token' };

describe('tokens that are signed', () => {
  const servers: TestServer[] = [];
  const clients: RawClient[] = [];
  const tokens: string[] = [];

  beforeAll(async () => {
    await writeFile(files[0], keys.publicKey);
    await writeFile(files[1], keys.privateKey);
    servers.push(await oursWithKeys());
    if (etcd !== undefined) servers.push(await startEtcd([...flag, '--bcrypt-cost', '4']));
    for (const { address } of servers) {
      const client = new RawClient(address);
      clients.push(client);
      for (const name of ['root', 'ann']) await client.call('UserAdd', { name, password: 'p' });
      for (const name of ['root', 'team']) await client.call('RoleAdd', { name });
      const perm = { permType: 'READWRITE', key: 'a', range_end: 'b' };
      await client.call('RoleGrantPermission', { name: 'team', perm });
      await client.call('UserGrantRole', { user: 'root', role: 'root' });
      await client.call('UserGrantRole', { user: 'ann', role: 'team' });
      await client.call('AuthEnable');
      const { token } = await client.call('Authenticate', { name: 'ann', password: 'p' });
      tokens.push(String(token));
    }
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.close();
    await Promise.all(servers.map((server) => server.stop()));
    await folder.remove();
  });

  it('name their user, the state of the users, and their end, as etcd’s do', () => {
    const [mine, ...others] = tokens.map(claimsOf);
    expect(mine).toEqual({ username: 'ann', revision: 8, exp: expect.any(Number) as number });
    const left = Number(mine!['exp']) - Date.now() / 1000;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(TTL_SECONDS);
    for (const other of others) expect({ ...other, exp: mine!['exp'] }).toEqual(mine);
  });

  it('are taken by each server that has the key, whoever signed them', async () => {
    for (const client of clients)
      for (const token of tokens) {
        client.useToken(token);
        await client.call('Put', { key: 'a', value: '1' });
        expect(await client.refusal('Put', { key: 'b', value: '1' })).toEqual({
          code: 7,
          details: 'etcdserver: permission denied',
        });
      }
  });

  it('are refused once they have ended, or when another key signed them', async () => {
    const claims = claimsOf(tokens[0]!);
    const ended = jwtSigner({ method: 'RS256', ...keys }).sign({ ...claims, exp: 1 });
    const foreign = jwtSigner({ method: 'RS256', ...pair() }).sign(claims);
    for (const client of clients)
      for (const token of [ended, foreign, `${tokens[0]!.slice(0, -4)}AAAA`]) {
        client.useToken(token);
        expect(await client.refusal('Range', { key: 'a' })).toEqual(invalid);
      }
  });

  it('are of no more use for writes once users have changed', async () => {
    for (const [i, client] of clients.entries()) {
      await client.login('root', 'p');
      await client.call('RoleAdd', { name: 'later' });
      client.useToken(tokens[i]);
      expect(await client.refusal('Put', { key: 'a', value: '2' })).toEqual({
        code: 3,
        details: 'etcdserver: revision of auth store is old',
      });
    }
  });
});
