/** How commands that change objects say so: a line per object, or the object under `-o`. */
import { boolean, text } from '../flags/flag.ts';
import { type Located, titleOf } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { type FormatFlags, noPrinter, objectFormats, objectPrinter } from './printer.ts';

export const missingKeysFlag = {
  'allow-missing-template-keys': boolean('Print nothing for what a template names in vain', {
    on: true,
  }),
} as const;

export const outputFlags = {
  ...missingKeysFlag,
  output: text(`Output format. One of: (${objectFormats.join(', ')})`, { shorthand: 'o' }),
  'show-managed-fields': boolean('Keep managedFields in JSON and YAML'),
  template: text('Template, or path of its file, for -o go-template and go-template-file'),
} as const;

export type DryRun = 'none' | 'client' | 'server';

export function dryRunOf(flags: { readonly 'dry-run': string }): DryRun {
  const value = flags['dry-run'];
  if (value === 'none' || value === 'client' || value === 'server') return value;
  // It was a boolean once, which meant the client's.
  if (value === 'unchanged' || /^(1|[tT]|true|True|TRUE)$/.test(value)) return 'client';
  if (/^(0|[fF]|false|False|FALSE)$/.test(value)) return 'none';
  throw new UsageError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

const suffixes = { none: '', client: ' (dry run)', server: ' (server dry run)' } as const;

/** What lines about a change that is only tried end in. */
export const dryRunSuffix = (dryRun: DryRun): string => suffixes[dryRun];

/** The query of a write that the server may only try. */
export const dryRunQuery = (dryRun: DryRun): { dryRun?: string } =>
  dryRun === 'server' ? { dryRun: 'All' } : {};

export class ChangePrinter {
  readonly #session: Session;
  readonly #flags: FormatFlags;
  readonly #dryRun: DryRun;
  readonly #print: ((value: unknown) => string) | undefined;

  private constructor(options: {
    session: Session;
    flags: FormatFlags;
    dryRun: DryRun;
    print: ((value: unknown) => string) | undefined;
  }) {
    this.#session = options.session;
    this.#flags = options.flags;
    this.#dryRun = options.dryRun;
    this.#print = options.print;
  }

  static async of(
    session: Session,
    flags: FormatFlags,
    dryRun: DryRun = 'none',
  ): Promise<ChangePrinter> {
    const { output } = flags;
    const print = await objectPrinter(session.files, flags);
    if (output !== '' && output !== 'name' && print === undefined) {
      throw noPrinter(output, objectFormats);
    }
    return new ChangePrinter({ session, flags, dryRun, print });
  }

  /** True if -o asks for the objects themselves. */
  get printsObjects(): boolean {
    return this.#print !== undefined;
  }

  /** Objects that -o asks for: one by itself, several as one List. */
  printTogether(items: readonly unknown[]): void {
    if (this.#print === undefined || items.length === 0) return;
    const list = { kind: 'List', apiVersion: 'v1', metadata: {}, items };
    this.#session.output.out(this.#print(items.length === 1 ? items[0] : list));
  }

  /** "deployment.apps/web scaled (server dry run)" */
  print(located: Located, operation: string, object: unknown): void {
    const title = titleOf(located);
    if (this.#print !== undefined) this.#session.output.out(this.#print(object));
    else if (this.#flags.output === 'name') this.#session.print(title);
    else this.#session.print(`${title} ${operation}${suffixes[this.#dryRun]}`);
  }
}
