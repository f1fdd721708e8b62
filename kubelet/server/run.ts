import type { ByteSink } from '../../platform/bytes/byte-stream.ts';
import type { Command } from './command.ts';

/** What a command prints beyond this is dropped. */
const MAX_OUTPUT_BYTES = 1 << 20;

/** A command whose whole output is the answer. */
export async function runToEnd(
  command: Command,
  signal: AbortSignal,
): Promise<{ readonly output: string; readonly code: number }> {
  const parts: Uint8Array[] = [];
  let left = MAX_OUTPUT_BYTES;
  const sink: ByteSink = {
    write(bytes) {
      const kept = bytes.subarray(0, left);
      left -= kept.length;
      if (kept.length > 0) parts.push(Buffer.from(kept));
      return Promise.resolve();
    },
    end: () => Promise.resolve(),
  };
  const code = await command({ stdout: sink, stderr: sink, tty: false, signal });
  return { output: Buffer.concat(parts).toString(), code };
}
