import { command } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { setFlags, setOnPodSpecs } from './set-change.ts';

export const setServiceAccount = command({
  usage: '(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  flags: setFlags,
  async run(session, { words, flags }) {
    const account = words.at(-1);
    if (account === undefined) throw new UsageError('serviceaccount is required');
    return setOnPodSpecs(session, {
      builder: { ...flags, words: words.slice(0, -1) },
      flags,
      operation: 'serviceaccount updated',
      refused: 'failed to patch ServiceAccountName',
      change(spec) {
        spec.serviceAccountName = account;
        delete spec.serviceAccount;
      },
    });
  },
});
