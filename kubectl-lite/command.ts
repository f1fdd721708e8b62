import type { Flags } from './flags/flag.ts';
import type { ParsedLine } from './flags/parse.ts';
import type { GlobalFlags } from './flags/global.ts';
import type { Environment, Session } from './session.ts';

export type Line<F extends Flags> = ParsedLine<F & GlobalFlags>;

/** A command that talks to a server. */
export interface Command<F extends Flags = Flags> {
  /** What follows the command's name in its usage: "(TYPE NAME | TYPE/NAME) [options]". */
  readonly usage: string;
  readonly flags: F;
  /** Exit code after Ctrl-C: that of kubectl, which most commands let end them (130). */
  readonly interrupted?: number;
  /** Resolves to the exit code. */
  run(session: Session, line: Line<F>): Promise<number>;
}

/** A command that needs no server, or finds one by itself. */
export interface LocalCommand<F extends Flags = Flags> {
  readonly usage: string;
  readonly flags: F;
  runLocally(environment: Environment, line: Line<F>): Promise<number>;
}

/** A command of the tree, whatever its flags. */
export type AnyCommand = Command<never> | LocalCommand<never>;

/** Ties a command's flags to the line its `run` gets. */
export function command<F extends Flags>(declared: Command<F>): AnyCommand {
  return declared as unknown as AnyCommand;
}

export function localCommand<F extends Flags>(declared: LocalCommand<F>): AnyCommand {
  return declared as unknown as AnyCommand;
}

/** A node of the command tree. Loaded only when it is run, or asked for help. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly short: string;
  readonly load?: () => Promise<AnyCommand>;
  readonly subcommands?: readonly CommandEntry[];
  /** Without a subcommand it shows its help, and that is no mistake. */
  readonly standsAlone?: boolean;
  /** Words that a user of other tools may type for it. */
  readonly suggestFor?: readonly string[];
}
