/** downgrade validate, enable, cancel */
import { Command } from 'commander';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { unsupported } from '../failure.ts';
import type { Run } from '../session.ts';

/** With the number of the action in DowngradeRequest. */
const actions = [
  { name: 'validate', number: 0, text: 'See whether the cluster can go to an older version' },
  { name: 'enable', number: 1, text: 'Begin to go to an older version' },
  { name: 'cancel', number: 2, text: 'Stay with the version that runs' },
];

export function downgradeCommand(run: Run): Command {
  const downgrade = new Command('downgrade').description('Going to an older version');
  for (const { name, number, text } of actions) {
    const command = downgrade.command(name).description(text);
    if (name !== 'cancel') command.argument('<TARGET_VERSION>');
    command.action(() =>
      run(async (session) => {
        if (session.flags.writeOut === 'fields') throw unsupported('fields');
        const [version = ''] = command.args;
        const request: Plain = { action: number, version };
        const client = await session.client();
        const answer = await client.call('etcdserverpb.Maintenance/Downgrade', request);
        session.show('DowngradeResponse', answer, () =>
          session.print(
            `Downgrade ${name} success, cluster version ${answer['version'] as string}`,
          ),
        );
      }),
    );
  }
  return downgrade;
}
