import { clientVersion, KUSTOMIZE_VERSION } from '../client-version.ts';
import { localCommand } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import type { GlobalValues } from '../flags/global.ts';
import { sortKeys } from '../../api/go-json.ts';
import type { Environment } from '../session.ts';
import { UsageError } from '../usage-error.ts';

interface ServerVersion {
  readonly major?: string;
  readonly minor?: string;
  readonly gitVersion?: string;
}

export const version = localCommand({
  usage: '[flags] [options]',
  flags: {
    client: boolean('Only the version of this program, without asking a server'),
    output: text('"yaml" or "json"', { shorthand: 'o' }),
  },
  async runLocally(environment, { words, flags }) {
    if (words.length > 0) {
      throw new UsageError(`extra arguments: [${words.join(' ')}]`);
    }
    if (!['', 'yaml', 'json'].includes(flags.output)) {
      throw new UsageError(`--output must be 'yaml' or 'json'`);
    }
    const asked = flags.client ? {} : await askServer(environment, flags);
    await print(environment, flags.output, asked.server);
    if ('failure' in asked) throw asked.failure;
    if (asked.server !== undefined) warnOfSkew(environment, asked.server);
    return 0;
  },
});

/** The client's version is told even when the server cannot be reached. */
async function askServer(
  environment: Environment,
  flags: GlobalValues,
): Promise<{ server?: ServerVersion; failure?: unknown }> {
  try {
    const session = await environment.connect(flags);
    try {
      const answer = await session.api.send({ method: 'GET', path: '/version' });
      return { server: answer as ServerVersion };
    } finally {
      await session.close();
    }
  } catch (failure) {
    return { failure };
  }
}

async function print(
  environment: Environment,
  format: string,
  server: ServerVersion | undefined,
): Promise<void> {
  const { out } = environment.output;
  const both = {
    clientVersion,
    kustomizeVersion: KUSTOMIZE_VERSION,
    ...(server === undefined ? {} : { serverVersion: server }),
  };
  if (format === 'yaml') {
    const { stringifyYaml } = await import('../../api/yaml-text.ts');
    out(`${stringifyYaml(sortKeys(both))}\n`);
  } else if (format === 'json') out(`${JSON.stringify(both, null, 2)}\n`);
  else {
    out(`Client Version: ${clientVersion.gitVersion}\n`);
    out(`Kustomize Version: ${KUSTOMIZE_VERSION}\n`);
    if (server !== undefined) out(`Server Version: ${server.gitVersion}\n`);
  }
}

/** Clients and servers more than one minor version apart are not made for each other. */
function warnOfSkew({ output }: Environment, { major, minor }: ServerVersion): void {
  const theirs = Number.parseInt(minor ?? '', 10);
  if (Number.isNaN(theirs)) return;
  if (major === clientVersion.major && Math.abs(theirs - Number(clientVersion.minor)) <= 1) return;
  output.err(
    `WARNING: version difference between client (${clientVersion.major}.${clientVersion.minor}) ` +
      `and server (${major}.${minor}) exceeds the supported minor version skew of +/-1\n`,
  );
}
