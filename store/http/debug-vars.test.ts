import { expect, it } from 'vitest';
import { processUsage } from '../../platform/node/process-usage.ts';
import type { Member } from '../server/interface.ts';
import { debugVars } from './debug-vars.ts';

const member = {
  identity: { memberId: '26' },
  status: () =>
    Promise.resolve({ leader: '0', raftTerm: 1, raftIndex: 2, raftAppliedIndex: 2 } as never),
} as unknown as Member;

it('tells how the member was started, but for passwords', async () => {
  const commandLine = ['node', 'wherry', '--discovery-password', 'hush', '--name=a'];
  for (const [given, told] of [
    [commandLine, ['node', 'wherry', '--discovery-password', '***', '--name=a']],
    [['-discovery-password=hush'], ['-discovery-password=***']],
  ]) {
    const { body } = await debugVars(member, { ...processUsage(), commandLine: given! });
    const values = JSON.parse(Buffer.from(body as Uint8Array).toString()) as { cmdline: string[] };
    expect(values.cmdline).toEqual(told);
  }
});
