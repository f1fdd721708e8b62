import type { Terminal, TerminalSize } from '../terminal.ts';

function size(): TerminalSize | undefined {
  if (!process.stdout.isTTY) return undefined;
  return { width: process.stdout.columns, height: process.stdout.rows };
}

export const realTerminal: Terminal = {
  get isTerminal() {
    return process.stdin.isTTY;
  },
  async *input(signal) {
    const stop = (): void => void process.stdin.destroy();
    if (signal.aborted) return;
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const chunk of process.stdin) yield chunk as Buffer;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  },
  makeRaw() {
    if (!process.stdin.isTTY) return () => {};
    process.stdin.setRawMode(true);
    return () => process.stdin.setRawMode(false);
  },
  size,
  onResize(listener) {
    const changed = (): void => {
      const now = size();
      if (now !== undefined) listener(now);
    };
    process.stdout.on('resize', changed);
    return () => process.stdout.off('resize', changed);
  },
};
