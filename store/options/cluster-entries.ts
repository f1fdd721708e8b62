import { InvalidArgumentError } from 'commander';
import { isMemberUrl } from '../cluster-member.ts';
import { list } from './flag-values.ts';

/** A member of a new cluster, as --initial-cluster names it; one for each of its URLs. */
export interface ClusterEntry {
  readonly name: string;
  readonly url: string;
}

export function clusterEntries(text: string): ClusterEntry[] {
  return list(text).map((entry) => {
    const [, name, given] = /^([^=]+)=(.+)$/.exec(entry) ?? [];
    const url = given !== undefined && isMemberUrl(given) ? given.replace(/\/$/, '') : undefined;
    if (name === undefined || url === undefined) {
      throw new InvalidArgumentError(`${JSON.stringify(entry)} is not name=http(s)://host:port.`);
    }
    return { name, url };
  });
}
