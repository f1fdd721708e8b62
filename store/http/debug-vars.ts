/**
 * GET /debug/vars: what etcd publishes with Go's expvar, as far as there is such a thing here. Of
 * the allocator's numbers three have a meaning; of Raft's those that a member's status tells.
 */
import type { HttpResponse } from '../../platform/net/http.ts';
import type { Member } from '../server/interface.ts';
import type { ProcessUsage } from './metric-rows.ts';

/** Anybody may ask. */
const withoutPasswords = (words: readonly string[]): string[] =>
  words.map((word, i) =>
    /^--?discovery-password$/.test(words[i - 1] ?? '')
      ? '***'
      : word.replace(/^(--?discovery-password=).*/s, '$1***'),
  );

const hex = (id: string): string => BigInt(id).toString(16);

export async function debugVars(member: Member, usage: ProcessUsage): Promise<HttpResponse> {
  const { leader, raftTerm, raftIndex, raftAppliedIndex } = await member.status();
  const { memberId } = member.identity;
  const raftState = leader === memberId ? 'StateLeader' : 'StateFollower';
  const values = {
    cmdline: withoutPasswords(usage.commandLine),
    file_descriptor_limit: usage.maxOpenFiles,
    memstats: { Alloc: usage.heapBytes, HeapAlloc: usage.heapBytes, Sys: usage.residentBytes },
    'raft.status': {
      id: hex(memberId),
      term: raftTerm,
      commit: raftIndex,
      lead: hex(leader),
      // Without a leader it may be a candidate as well: nobody knows from outside.
      ...(leader !== '0' && { raftState }),
      applied: raftAppliedIndex,
    },
  };
  const lines = Object.entries(values).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: Buffer.from(`{\n${lines.join(',\n')}\n}\n`),
  };
}
