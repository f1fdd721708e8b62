/** --auth-token, --auth-token-ttl and --bcrypt-cost as a member's settings. */
import { jwtSigner } from '../../platform/node/crypto/jwt.ts';
import type { StoreFlags } from './flags.ts';
import { FlagError } from './flag-error.ts';
import type { AuthSettings } from '../replica/options.ts';
import { readFlagFile } from './tls-files.ts';

const DEFAULT_JWT_TTL_SECONDS = 300;
const unitSeconds: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/** Go's durations, as far as whole seconds go: "1h30m". */
function secondsOf(text: string): number {
  if (!/^(\d+[hms])+$/.test(text))
    throw new FlagError(`--auth-token: ttl=${text} is no duration like 10m`);
  return [...text.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * unitSeconds[unit!]!,
    0,
  );
}

/** "simple", or "jwt,pub-key=…,priv-key=…,sign-method=RS256,ttl=10m". */
export async function authSettings(flags: StoreFlags): Promise<AuthSettings> {
  const { bcryptCost, authTokenTtl } = flags;
  const [type, ...pairs] = flags.authToken.split(',');
  if (type === 'simple') return { tokenTtlSeconds: authTokenTtl, bcryptCost };
  if (type !== 'jwt')
    throw new FlagError(`--auth-token: ${JSON.stringify(type)} is neither simple nor jwt`);
  const options = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
  const read = (name: string): Promise<string> | undefined => {
    const path = options.get(name);
    return path === undefined ? undefined : readFlagFile('auth-token', path);
  };
  const method = options.get('sign-method') ?? '';
  const [publicKey, privateKey] = await Promise.all([read('pub-key'), read('priv-key')]);
  const ttl = options.get('ttl');
  try {
    return {
      bcryptCost,
      tokenTtlSeconds: ttl === undefined ? DEFAULT_JWT_TTL_SECONDS : secondsOf(ttl),
      signer: jwtSigner({ method, publicKey, privateKey }),
    };
  } catch (error) {
    if (error instanceof FlagError) throw error;
    throw new FlagError(`--auth-token: ${(error as Error).message}`, { cause: error });
  }
}
