import { formatNanoTime } from '../../api/time.ts';
import { ContainerStreamError, type LogEntry } from '../container-streams.ts';

export interface LogForm {
  readonly timestamps: boolean;
  readonly limitBytes: number | undefined;
  /** Each line is sent as it comes; otherwise several together. */
  readonly follow: boolean;
}

const MAX_CHUNK_BYTES = 32 * 1024;

/** The text of a log. A refusal of the runtime becomes its last line, as the kubelet has it. */
export async function* logText(
  entries: AsyncIterable<LogEntry>,
  { timestamps, limitBytes = Infinity, follow }: LogForm,
): AsyncGenerator<Uint8Array> {
  let left = limitBytes;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let lineGoesOn = false;
  try {
    for await (const entry of entries) {
      const stamp = timestamps && !lineGoesOn ? `${formatNanoTime(entry.atMs)} ` : '';
      lineGoesOn = entry.partial === true;
      const text = [Buffer.from(stamp), entry.line, Buffer.from(lineGoesOn ? '' : '\n')];
      const bytes = Buffer.concat(text).subarray(0, left);
      left -= bytes.length;
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (left === 0) break;
      if (!follow && waitingBytes < MAX_CHUNK_BYTES) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      waitingBytes = 0;
    }
  } catch (error) {
    if (!(error instanceof ContainerStreamError)) throw error;
    waiting.push(Buffer.from(error.message));
  }
  if (waiting.length > 0) yield Buffer.concat(waiting);
}
