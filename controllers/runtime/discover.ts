import type { ResourceType } from '../../api/resource.ts';
import type { APIGroupList, APIResourceList } from '../../api/types/meta-v1.ts';
import type { RestClient } from '../../client/rest.ts';

const NEEDED = ['list', 'watch', 'delete'];

/**
 * Every resource that can be listed, watched and deleted, in its group's preferred version. A
 * group that cannot be asked fails the whole: half a picture would make owners look gone.
 */
export async function discoverResourceTypes(client: RestClient): Promise<readonly ResourceType[]> {
  const { groups } = (await client.getPath('/apis')) as APIGroupList;
  const versions = groups.map(
    (group) => group.preferredVersion?.groupVersion ?? group.versions[0]?.groupVersion ?? '',
  );
  const paths = ['/api/v1', ...versions.map((version) => `/apis/${version}`)];
  const lists = await Promise.all(paths.map((path) => client.getPath(path)));
  return (lists as APIResourceList[]).flatMap(({ groupVersion, resources }) => {
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
  });
}
