/** --raw: a request to a path of the server's, its answer printed as it came. */
import { parseYaml } from '../../api/yaml.ts';
import { bodyText } from '../get/raw-body.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface RawRequest {
  readonly method: 'GET' | 'DELETE' | 'POST' | 'PUT';
  readonly raw: string;
  readonly filename: readonly string[];
}

/** What `create` would do to a file, or with several, is not done to one that is sent as it is. */
export function refuseBesideRaw(flags: {
  readonly filename: readonly string[];
  readonly edit: boolean;
  readonly recursive: boolean;
  readonly selector: string;
  readonly output: string;
}): void {
  const [file = '', ...others] = flags.filename;
  const exclusive = (flag: string) => new UsageError(`--raw and ${flag} are mutually exclusive`);
  if (flags.edit) throw exclusive('--edit');
  if (file === '' || others.length > 0) throw new UsageError(ONE_FILE);
  if (/^https?:\/\//.test(file)) throw new UsageError('--raw cannot read from a url');
  if (flags.recursive) throw exclusive('--recursive');
  if (flags.selector !== '') throw exclusive('--selector (-l)');
  if (flags.output !== '') throw exclusive('--output');
}

const ONE_FILE = '--raw can only use a single local file or stdin';

/** The one file of -f is the body; GET and DELETE do without. Resolves to the exit code. */
export async function sendRaw(session: Session, request: RawRequest): Promise<number> {
  const { method, raw, filename } = request;
  if (!/^(\/|[a-z]+:)/i.test(raw) || !URL.canParse(raw, 'http://server')) {
    const reason = `parse ${JSON.stringify(raw)}: invalid URI for request`;
    throw new UsageError(`--raw must be a valid URL path: ${reason}`);
  }
  const needsBody = method === 'POST' || method === 'PUT';
  if (filename.length > 1 || (filename.length === 0 && needsBody)) {
    throw new UsageError(ONE_FILE);
  }
  const url = new URL(raw, 'http://server');
  const [file] = filename;
  const response = await session.api.exchange({
    method,
    path: url.pathname,
    query: url.searchParams,
    ...(file === undefined ? {} : { body: parseYaml(await session.files.read(file)) }),
  });
  session.output.out(await bodyText(response.body));
  return 0;
}
