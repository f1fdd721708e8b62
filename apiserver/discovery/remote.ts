import type { RemoteSwagger } from './remote-swagger.ts';
import { inOrder, type ServedGroup, type ServedVersion } from './served.ts';

/** A group version that another server serves. */
export interface RemoteVersion {
  readonly served: ServedVersion;
  /** Of its OpenAPI v3 document, if there is one. */
  readonly openApiHash?: string;
  /** What it says in OpenAPI v2, if that is any good. */
  readonly swagger?: RemoteSwagger | undefined;
}

/** The groups with what others serve of them, and the groups that only others serve. */
export function withRemote(
  groups: readonly ServedGroup[],
  remote: readonly RemoteVersion[],
): readonly ServedGroup[] {
  if (remote.length === 0) return groups;
  const all = new Map(groups.map((group) => [group.name, group]));
  for (const { served } of remote) {
    const { group: name, version } = served;
    const others = (all.get(name)?.versions ?? []).filter((each) => each.version !== version);
    all.set(name, { name, versions: [...others, served] });
  }
  return inOrder([...all.values()]);
}

/** By path below /openapi/v3/. */
export function remoteHashes(remote: readonly RemoteVersion[]): ReadonlyMap<string, string> {
  return new Map(
    remote.flatMap(({ served: { group, version }, openApiHash }) =>
      openApiHash === undefined ? [] : [[`apis/${group}/${version}`, openApiHash] as const],
    ),
  );
}
