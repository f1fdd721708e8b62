import type { SelfSubjectReview } from '../../api/types/authentication-v1.ts';
import { isStatus } from '../../api/status.ts';
import { command } from '../command.ts';
import { outputFlags } from '../printers/change-printer.ts';
import { noPrinter, objectFormats, objectPrinter } from '../printers/printer.ts';
import { TableWriter } from '../printers/table.ts';
import { UsageError } from '../usage-error.ts';

export const whoami = command({
  usage: '[flags] [options]',
  flags: outputFlags,
  async run(session, { words, flags }) {
    if (words.length > 0) throw new UsageError(`whoami does not take positional arguments`);
    const print = await objectPrinter(session.files, flags);
    if (print === undefined && flags.output !== '') throw noPrinter(flags.output, objectFormats);
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      metadata: {},
      status: { userInfo: {} },
    };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    let review: SelfSubjectReview;
    try {
      review = (await session.api.send({ method: 'POST', path, body })) as SelfSubjectReview;
    } catch (error) {
      if (isStatus(error, 'Forbidden')) {
        throw new UsageError(
          'the selfsubjectreviews API is not enabled in the cluster or you do not have ' +
            'permission to call it',
        );
      }
      if (!isStatus(error, 'NotFound')) throw error;
      throw new UsageError(
        'the selfsubjectreviews API is not enabled in the cluster\n' +
          'enable APISelfSubjectReview feature gate and authentication.k8s.io/v1alpha1 or ' +
          'authentication.k8s.io/v1beta1 API',
      );
    }
    if (print !== undefined) session.output.out(print(review));
    else for (const line of new TableWriter().lines(rowsOf(review))) session.print(line);
    return 0;
  },
});

function rowsOf({ status }: SelfSubjectReview): string[][] {
  const { username, uid, groups = [], extra = {} } = status?.userInfo ?? {};
  const listed = (values: readonly string[]): string => `[${values.join(' ')}]`;
  return [
    ['ATTRIBUTE', 'VALUE'],
    ...(username ? [['Username', username]] : []),
    ...(uid ? [['UID', uid]] : []),
    ...(groups.length > 0 ? [['Groups', listed(groups)]] : []),
    ...Object.entries(extra)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, values]) => [`Extra: ${key}`, listed(values)]),
  ];
}
