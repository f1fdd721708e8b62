import type { ResourceType } from '../../api/resource.ts';
import { apiServices } from '../../api/resources.ts';
import type { APIGroupList, APIResourceList } from '../../api/types/meta-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import type { Logger } from '../../platform/logger.ts';

const NEEDED = ['list', 'watch', 'delete'];

interface Discovered {
  readonly groupVersion: string;
  readonly types: readonly ResourceType[] | undefined;
  readonly error?: unknown;
}

/**
 * Every resource that can be listed, watched and deleted, in its group's preferred version. What
 * an extension server serves is left out while it does not answer: nobody's cluster waits for it,
 * and `ServedTypes` asks again. Any other group that cannot be asked fails the whole.
 */
export async function discoverResourceTypes(
  client: RestClient,
  logger: Logger,
): Promise<readonly ResourceType[]> {
  const { groups } = (await client.getPath('/apis')) as APIGroupList;
  const versions = groups.map(
    (group) => group.preferredVersion?.groupVersion ?? group.versions[0]?.groupVersion ?? '',
  );
  const discovered = await Promise.all(
    ['v1', ...versions].map((groupVersion) => discover(client, groupVersion)),
  );
  await judgeFailures(client, discovered, logger);
  return discovered.flatMap(({ types = [] }) => types);
}

async function discover(client: RestClient, groupVersion: string): Promise<Discovered> {
  try {
    return { groupVersion, types: await discoverVersion(client, groupVersion) };
  } catch (error) {
    return { groupVersion, types: undefined, error };
  }
}

/** What "group/version" has that can be listed, watched and deleted. */
export async function discoverVersion(
  client: RestClient,
  groupVersion: string,
): Promise<readonly ResourceType[]> {
  const root = groupVersion.includes('/') ? '/apis' : '/api';
  return typesOf((await client.getPath(`${root}/${groupVersion}`)) as APIResourceList);
}

/** Throws the first that is not an extension server's. */
async function judgeFailures(
  client: RestClient,
  discovered: readonly Discovered[],
  logger: Logger,
): Promise<void> {
  const failed = discovered.filter(({ types }) => types === undefined);
  if (failed.length === 0) return;
  const { items } = await client.list(apiServices);
  const remote = new Set(
    items
      .filter(({ spec }) => spec.service !== undefined)
      .map(({ spec }) => `${spec.group}/${spec.version}`),
  );
  for (const { groupVersion, error } of failed) {
    if (!remote.has(groupVersion)) throw error;
    const { message } = error as Error;
    logger.warn({ groupVersion, error: message }, 'resources of an API service are not known');
  }
}

function typesOf({ groupVersion, resources }: APIResourceList): readonly ResourceType[] {
  const slash = groupVersion.indexOf('/');
  const group = slash < 0 ? '' : groupVersion.slice(0, slash);
  const version = groupVersion.slice(slash + 1);
  return resources
    .filter(({ name, verbs }) => !name.includes('/') && NEEDED.every((v) => verbs.includes(v)))
    .map(({ name: resource, kind, namespaced }) => ({
      group,
      version,
      resource,
      kind,
      namespaced,
    }));
}
