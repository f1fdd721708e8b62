/** What the flags, or DNS in their place, say of the first members, as etcd reads them. */
import type { Names } from '../../platform/net/names.ts';
import { FlagError } from './flag-error.ts';
import type { ClusterEntry } from './cluster-entries.ts';
import type { StoreFlags } from './flags.ts';
import { serviceUrls } from './srv-records.ts';

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

/** The flags with the members that DNS names, if they say so. Rejects with {@link FlagError}. */
export async function withDiscovery(flags: StoreFlags, names: Names): Promise<StoreFlags> {
  const { discoverySrv: domain, discoverySrvName: suffix, name } = flags;
  if (domain === undefined) return flags;
  const urls = await serviceUrls('etcd-server', { domain, suffix }, names).catch((error: Error) => {
    throw new FlagError(`--discovery-srv: ${error.message}`, { cause: error });
  });
  const own = await Promise.all(
    flags.initialAdvertisePeerUrls.map((url) => resolved(url, names).catch(() => url)),
  );
  const initialCluster: ClusterEntry[] = [];
  for (const [i, url] of urls.entries()) {
    const address = await resolved(url, names).catch(() => url);
    // The others tell their names once they run.
    initialCluster.push({ name: own.includes(address) ? name : `${domain}-${i}`, url });
  }
  if (!initialCluster.some((entry) => entry.name === name))
    throw new FlagError(
      `cannot find local etcd member ${JSON.stringify(name)} in SRV records (${urls.join()})`,
    );
  return { ...flags, initialCluster };
}

/** With the host's address in its place; "localhost" stays, as in etcd. */
async function resolved(url: string, names: Names): Promise<string> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const address = host === 'localhost' ? host : await names.address(host);
  return `${protocol}//${address}:${port}`;
}

/** Undefined if both lists name the same addresses, otherwise why not. */
async function difference(
  one: readonly string[],
  other: readonly string[],
  names: Names,
): Promise<string | undefined> {
  if (one.join() === other.join()) return undefined;
  try {
    const [a, b] = await Promise.all(
      [one, other].map((urls) => Promise.all(urls.map((url) => resolved(url, names)))),
    );
    const at = [a!.sort(), b!.sort()].map((urls) => urls.join());
    return at[0] === at[1] ? undefined : `resolved urls: ${at[0]} and ${at[1]}`;
  } catch (error) {
    return `failed to resolve: ${(error as Error).message}`;
  }
}

/** Rejects with {@link FlagError} if this member is not among those named, or elsewhere. */
export async function checkInitialCluster(flags: StoreFlags, names: Names): Promise<void> {
  const { name, initialCluster, initialAdvertisePeerUrls } = flags;
  if (initialCluster === undefined) return;
  const named = initialCluster.filter((entry) => entry.name === name).map(({ url }) => url);
  if (named.length === 0) {
    throw new FlagError(
      `couldn't find local name ${JSON.stringify(name)} in the initial cluster configuration`,
    );
  }
  const own = [...initialAdvertisePeerUrls].sort();
  const why = await difference(named.sort(), own, names);
  if (why !== undefined) {
    throw new FlagError(
      `--initial-cluster has ${name}=${named.join()} but missing from ` +
        `--initial-advertise-peer-urls=${own.join()} (${why})`,
    );
  }
  const urls = initialCluster.map(({ url }) => url);
  const twice = urls.find((url, i) => urls.indexOf(url) !== i);
  if (twice !== undefined)
    throw new FlagError(`initial cluster ${twice} has duplicate url with others`);
}
