/** Connections to a pod's ports, whatever they are spoken over. */
import type { ByteSink, ByteStream } from '../../platform/bytes/byte-stream.ts';
import { splice } from '../../platform/bytes/splice.ts';

export interface ForwardTarget {
  /** "web" of "default", uid … : for messages. */
  readonly podName: string;
  readonly uid: string;
  dial(port: number, signal: AbortSignal): Promise<ByteStream>;
}

/** One forwarded connection, from its opening to its end; a failure goes to `errors`. */
export async function forward(
  target: ForwardTarget,
  { port, data, errors }: { port: number; data: ByteStream; errors: ByteSink },
  signal: AbortSignal,
): Promise<void> {
  try {
    const connection = await target.dial(port, signal);
    await splice(data, connection);
  } catch (error) {
    const text =
      `error forwarding port ${port} to pod ${target.podName}, uid ${target.uid}: ` +
      (error instanceof Error ? error.message : String(error));
    await errors.write(Buffer.from(text)).catch(() => {});
  }
  await errors.end().catch(() => {});
  await data.end().catch(() => {});
}

export function portOf(text: string | null): number | undefined {
  if (text === null || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}
