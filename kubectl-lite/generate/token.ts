import { command } from '../command.ts';
import { duration, list, text } from '../flags/flag.ts';
import { goDurationText } from '../../platform/go-duration.ts';
import { outputFlags } from '../printers/change-printer.ts';
import { noPrinter, objectFormats, objectPrinter } from '../printers/printer.ts';
import { UsageError } from '../usage-error.ts';
import { StatusError } from '../../api/status.ts';

const boundKinds: Readonly<Record<string, string>> = { Pod: 'v1', Secret: 'v1', Node: 'v1' };

/** `create token`: asks for a token of a service account (TokenRequest). */
export const createToken = command({
  usage: 'SERVICE_ACCOUNT_NAME [options]',
  flags: {
    ...outputFlags,
    audience: list('Audiences the token is for; may be repeated'),
    'bound-object-kind': text('Kind of the object the token lives as long as'),
    'bound-object-name': text('Name of the object the token lives as long as'),
    'bound-object-uid': text('UID of the object the token lives as long as'),
    duration: duration('How long the token is to be valid'),
  },
  async run(session, { words, flags, given }) {
    const [name] = words;
    if (words.length !== 1 || name === undefined) {
      throw new UsageError(`exactly one NAME is required, got ${words.length}`, { seeHelp: true });
    }
    if (flags.duration < 0) throw new UsageError('--duration must be greater than or equal to 0');
    if (flags.duration % 1000 !== 0) {
      throw new UsageError('--duration cannot be expressed in units less than seconds');
    }
    if (given.has('duration') && flags.duration === 0) {
      throw new UsageError(`--duration must be positive, not ${goDurationText(flags.duration)}`);
    }
    const print = await objectPrinter(session.files, flags);
    if (print === undefined && flags.output !== '' && flags.output !== 'name')
      throw noPrinter(flags.output, objectFormats);
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        ...(flags.audience.length === 0 ? {} : { audiences: flags.audience }),
        ...(flags.duration === 0 ? {} : { expirationSeconds: flags.duration / 1000 }),
        ...boundObject(flags),
      },
    };
    const path = `/api/v1/namespaces/${session.namespace}/serviceaccounts/${name}/token`;
    let answer: { spec?: object; status?: { token?: string } };
    try {
      answer = (await session.api.send({ method: 'POST', path, body })) as typeof answer;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw new UsageError(`failed to create token: ${error.message}`);
    }
    if (print !== undefined) {
      const shown = { ...answer, spec: { boundObjectRef: null, ...answer.spec } };
      session.output.out(print(shown));
    } else if (flags.output === 'name') session.print(`tokenrequest.authentication.k8s.io/${name}`);
    else if (answer.status?.token) session.print(answer.status.token);
    else throw new UsageError('failed to create token: no token in server response');
    return 0;
  },
});

function boundObject(flags: {
  readonly 'bound-object-kind': string;
  readonly 'bound-object-name': string;
  readonly 'bound-object-uid': string;
}): object {
  const kind = flags['bound-object-kind'];
  const name = flags['bound-object-name'];
  const uid = flags['bound-object-uid'];
  if (kind === '') {
    if (name !== '') {
      throw new UsageError(
        '--bound-object-name can only be set if --bound-object-kind is provided',
      );
    }
    if (uid !== '') {
      throw new UsageError('--bound-object-uid can only be set if --bound-object-kind is provided');
    }
    return {};
  }
  const apiVersion = boundKinds[kind];
  if (apiVersion === undefined) {
    const supported = Object.keys(boundKinds).sort().join(', ');
    throw new UsageError(`supported --bound-object-kind values are ${supported}`);
  }
  if (name === '') {
    throw new UsageError('--bound-object-name is required if --bound-object-kind is provided');
  }
  return { boundObjectRef: { kind, apiVersion, name, ...(uid === '' ? {} : { uid }) } };
}
