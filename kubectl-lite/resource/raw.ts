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

/** The one file of -f is the body; GET and DELETE do without. Resolves to the exit code. */
export async function sendRaw(session: Session, request: RawRequest): Promise<number> {
  const { method, raw, filename } = request;
  if (!URL.canParse(raw, 'http://server')) {
    throw new UsageError(`--raw must be a valid URL path: ${raw}`);
  }
  const needsBody = method === 'POST' || method === 'PUT';
  if (filename.length > 1 || (filename.length === 0 && needsBody)) {
    throw new UsageError('--raw can only use a single local file or stdin');
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
