import type { ContainerIo } from '../container-streams.ts';
import type { CommandEnd } from './command-end.ts';

/** What a request asks to be connected. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Both ends of the conversation about one command, whatever it is spoken over. */
export interface CommandStreams {
  readonly io: Omit<ContainerIo, 'signal'>;
  /** Tells how it ended, then says goodbye. What was written before is delivered before. */
  finish(end: CommandEnd): Promise<void>;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** "{"Width":80,"Height":24}"; undefined for anything else. */
export function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text) as Record<string, unknown>;
    const isSize = (value: unknown): value is number =>
      Number.isInteger(value) && Number(value) > 0 && Number(value) <= 0xffff;
    return isSize(width) && isSize(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}
