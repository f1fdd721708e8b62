import type { Clock } from '../../platform/clock.ts';
import { sleep } from '../../platform/clock.ts';
import { bodyText } from '../get/raw-body.ts';
import type { Connect } from '../session.ts';
import { statusText } from '../status-text.ts';
import { UsageError } from '../usage-error.ts';

/** As kubectl: a server's own failures are tried again, and an answer may point elsewhere. */
const MAX_ATTEMPTS = 3;
const PAUSE_MS = 1000;
const MAX_REDIRECTS = 10;

export interface DownloadOptions {
  readonly connectHttp: Connect;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What `-f https://…` names. */
export async function download(address: string, options: DownloadOptions): Promise<string> {
  let url = new URL(address);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const { status, location, text } = await fetched(url, options);
    if (status >= 200 && status < 300) return text;
    if (status < 300 || status >= 400 || location === undefined) {
      throw new UsageError(
        `unable to read URL ${JSON.stringify(address)}, server reported ${statusText(status)}, ` +
          `status code=${status}`,
      );
    }
    url = new URL(location, url);
  }
  throw new UsageError(
    `unable to read URL ${JSON.stringify(address)}: stopped after ${MAX_REDIRECTS} redirects`,
  );
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

async function fetched(url: URL, options: DownloadOptions): Promise<Answer> {
  const { clock, signal } = options;
  for (let attempt = 1; ; attempt++) {
    const answer = await once(url, options);
    if (answer.status < 500 || attempt === MAX_ATTEMPTS) return answer;
    await sleep(clock, PAUSE_MS, signal);
  }
}

async function once(url: URL, { connectHttp, signal }: DownloadOptions): Promise<Answer> {
  const connection = connectHttp({ baseUrl: url.origin });
  try {
    const response = await connection.handler({
      method: 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: { accept: '*/*', 'user-agent': 'kubectl-lite' },
      peer: { address: 'in-process' },
      signal,
    });
    const { status, headers } = response;
    return { status, location: headers['location'], text: await bodyText(response.body) };
  } finally {
    await connection.close();
  }
}
