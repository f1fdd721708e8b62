/** What all of `create NOUN` share: an object is made of words and flags, and sent or shown. */
import { withLastApplied } from '../apply/last-applied.ts';
import { fieldValidation } from '../apply/flags.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { StatusError } from '../../api/status.ts';
import type { ApiCall } from '../api.ts';
import { type AnyCommand, command, type Line } from '../command.ts';
import { missingNamespaceHint } from '../failure.ts';
import { boolean, text, type Flags, type FlagValues } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, dryRunQuery, outputFlags } from '../printers/change-printer.ts';
import { dryRunFlag, fieldManagerFlag } from '../resource/flags.ts';
import { pathOf, typeByItself } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

const generatorFlags = {
  ...dryRunFlag,
  ...outputFlags,
  ...fieldManagerFlag('kubectl-create'),
  'save-config': boolean('Keep the configuration in an annotation, for a later apply'),
  validate: text('"strict", "warn" or "ignore" what the kind has no field for', {
    value: 'strict',
    alone: 'strict',
  }),
} as const;

export interface GeneratorInput<F extends Flags> {
  readonly name: string;
  readonly words: readonly string[];
  readonly flags: FlagValues<F>;
  readonly given: ReadonlySet<string>;
  readonly wordsBeforeDash: number | undefined;
  readonly session: Session;
}

export interface Generator<F extends Flags> {
  readonly usage: string;
  readonly flags: F;
  /** False if the object is of no namespace, or its namespace is the generator's own business. */
  readonly namespaced: boolean;
  /** A command may stand after the name and "--". */
  readonly takesWords?: boolean;
  /** What "failed to create" names; null if the server's refusal is told as it is. */
  readonly noun?: string | null;
  generate(input: GeneratorInput<F>): KubernetesObject | Promise<KubernetesObject>;
}

export function generatorCommand<F extends Flags>(generator: Generator<F>): AnyCommand {
  return command({
    usage: generator.usage,
    flags: { ...generatorFlags, ...generator.flags },
    run: (session, line) => run(session, generator, line as never),
  });
}

async function run<F extends Flags>(
  session: Session,
  generator: Generator<F>,
  line: Line<typeof generatorFlags & F>,
): Promise<number> {
  const { words, given } = line;
  const flags = line.flags as FlagValues<typeof generatorFlags>;
  const names = generator.takesWords ? (line.wordsBeforeDash ?? words.length) : words.length;
  if (names !== 1) {
    throw new UsageError(`exactly one NAME is required, got ${names}`, { seeHelp: true });
  }
  fieldValidation(flags.validate);
  const made = await generator.generate({
    name: words[0]!,
    words: words.slice(1),
    flags: line.flags,
    given,
    wordsBeforeDash: line.wordsBeforeDash,
    session,
  });
  const object = generator.namespaced ? placed(session, made) : made;
  return createObject(session, object, {
    flags,
    inNamespace: generator.namespaced,
    noun: generator.noun,
  });
}

/** Only a namespace of `-n` stands in what a dry run prints, none of the kubeconfig's context. */
function placed(session: Session, object: KubernetesObject): KubernetesObject {
  if (!session.namespaceGiven) return object;
  return { ...object, metadata: { ...object.metadata, namespace: session.namespace } };
}

export interface CreateFlags {
  readonly 'dry-run': string;
  readonly 'field-manager': string;
  readonly 'save-config': boolean;
  readonly validate?: string;
  readonly output: string;
}

/** Sends what a generator made, or shows it. */
export async function createObject(
  session: Session,
  object: KubernetesObject,
  options: {
    readonly flags: CreateFlags;
    readonly inNamespace: boolean;
    readonly noun: string | null | undefined;
    readonly onCreated?: (object: KubernetesObject) => void;
    /** Says nothing: the caller has more to say. */
    readonly silent?: boolean;
  },
): Promise<number> {
  const { flags, inNamespace } = options;
  const dryRun = dryRunOf(flags);
  const printer = await ChangePrinter.of(session, flags, dryRun);
  const type =
    dryRun === 'client'
      ? typeByItself(object)
      : (await session.resources()).ofKind(object.apiVersion, object.kind);
  if (type === undefined) {
    throw new UsageError(`no matches for kind "${object.kind}" in version "${object.apiVersion}"`);
  }
  const body = flags['save-config'] ? withLastApplied(object, { bare: true }) : object;
  const namespace = inNamespace ? session.namespace : undefined;
  const send = async (call: ApiCall): Promise<unknown> => {
    try {
      return await session.api.send(call);
    } catch (error) {
      // Most generators hide the reason behind a sentence, as kubectl's do.
      const { noun = type.singular } = options;
      if (!(error instanceof StatusError) || noun === null) throw error;
      const hint = missingNamespaceHint(error);
      throw new UsageError(`failed to create ${noun}: ${error.message}${hint}`);
    }
  };
  const created =
    dryRun === 'client'
      ? body
      : await send({
          method: 'POST',
          path: pathOf(type, namespace),
          query: {
            fieldManager: flags['field-manager'],
            fieldValidation: fieldValidation(flags.validate ?? 'strict'),
            ...dryRunQuery(dryRun),
          },
          body,
        });
  const { metadata } = created as KubernetesObject;
  options.onCreated?.(created as KubernetesObject);
  if (options.silent) return 0;
  printer.print({ type, namespace, name: metadata.name ?? '' }, 'created', created);
  return 0;
}
