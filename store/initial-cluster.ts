/** What the flags say of the other members, as etcd reads them. */
import { FlagError } from './flag-rules.ts';
import type { StoreFlags } from './flags.ts';

export interface InitialMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/** By name; undefined if the flags name nobody but this member. */
export function initialMembers({
  initialCluster,
}: StoreFlags): readonly InitialMember[] | undefined {
  const byName = new Map<string, string[]>();
  for (const { name, url } of initialCluster ?? []) {
    const urls = byName.get(name);
    if (urls === undefined) byName.set(name, [url]);
    else urls.push(url);
  }
  if (byName.size < 2) return undefined;
  return Array.from(byName, ([name, peerUrls]) => ({ name, peerUrls }));
}

/** Peer URLs of everybody else. */
export function otherPeerUrls(flags: StoreFlags): readonly string[] {
  const others = (flags.initialCluster ?? []).filter(({ name }) => name !== flags.name);
  return others.map(({ url }) => url);
}

/** Throws {@link FlagError} if this member is not among those named, or with other URLs. */
export function checkInitialCluster(flags: StoreFlags): void {
  const { name, initialCluster, initialAdvertisePeerUrls } = flags;
  if (initialCluster === undefined) return;
  const named = initialCluster.filter((entry) => entry.name === name).map(({ url }) => url);
  if (named.length === 0) {
    throw new FlagError(
      `couldn't find local name ${JSON.stringify(name)} in the initial cluster configuration`,
    );
  }
  const own = [...initialAdvertisePeerUrls].sort().join();
  if (named.sort().join() !== own) {
    throw new FlagError(
      `--initial-cluster has ${name}=${named.join()} but --initial-advertise-peer-urls is ${own}`,
    );
  }
  const urls = initialCluster.map(({ url }) => url);
  const twice = urls.find((url, i) => urls.indexOf(url) !== i);
  if (twice !== undefined)
    throw new FlagError(`initial cluster ${twice} has duplicate url with others`);
}
