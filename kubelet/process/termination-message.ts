import type { Container } from '../../api/types/core-v1.ts';
import type { FileTree } from '../../platform/files/file-tree.ts';
import { textOf } from '../container-streams.ts';
import type { ContainerLog } from './container-log.ts';

export const TERMINATION_LOG = '/dev/termination-log';
export const MAX_MESSAGE_BYTES = 4096;
/** Of a log in its place. */
const MAX_LOG_LINES = 80;
const MAX_LOG_BYTES = 2048;

interface Ended {
  readonly files: FileTree;
  readonly container: Container;
  /** The container's root folder. */
  readonly root: string;
  readonly log: ContainerLog;
  readonly exitCode: number;
}

/** Where a container writes why it ended. */
export const messageFile = (
  root: string,
  { terminationMessagePath: path = TERMINATION_LOG }: Container,
): string => `${root}/${path.replace(/^\/+/, '')}`;

/** What the container wrote for the purpose, or, if it is to be so, the end of its log. */
export async function terminationMessage(ended: Ended): Promise<{ message?: string }> {
  const { files, container, root, log, exitCode } = ended;
  const { terminationMessagePolicy } = container;
  const file = messageFile(root, container);
  const written = await files.read(file, 0, MAX_MESSAGE_BYTES).catch(() => new Uint8Array());
  if (written.length > 0) return { message: Buffer.from(written).toString('utf8') };
  if (exitCode === 0 || terminationMessagePolicy !== 'FallbackToLogsOnError') return {};
  let text = '';
  const query = { tailLines: MAX_LOG_LINES, follow: false, signal: new AbortController().signal };
  for await (const entry of log.read(query)) text += textOf(entry);
  return text === '' ? {} : { message: text.slice(-MAX_LOG_BYTES) };
}
