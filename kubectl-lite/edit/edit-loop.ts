/**
 * The cycle of an edit: write a file, let the editor change it, try what came back, and open it
 * again with the reasons when it was refused. What could not be saved is never thrown away.
 */
import { deepEqual } from '../../api/deep.ts';
import { parseYamlDocuments } from '../../api/yaml.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { openEditor } from './editor.ts';

/** Why an object was not saved. `title` is `deployments.apps "web"`. */
export type Refusal =
  /** The file is opened again. */
  | { readonly why: 'invalid'; readonly title: string; readonly causes: readonly string[] }
  /** There is no object to change any more. */
  | { readonly why: 'gone'; readonly title: string }
  /** For another reason than its content: opening the file again would not help. */
  | { readonly why: 'refused'; readonly title: string; readonly reason: string };

/** The file is no YAML or JSON, or no object of Kubernetes. */
export class MalformedEdit extends Error {
  override readonly name = 'MalformedEdit';
}

export interface EditRequest {
  readonly content: string;
  /** Of the first object: what a malformed file is complained about as. */
  readonly title: string;
  /** "yaml" or "json": the ending tells the editor how to colour it; JSON has no comments. */
  readonly ending: string;
  /** Lines above the content; absent: the usual ones. */
  readonly header?: readonly string[];
  readonly windowsLineEndings: boolean;
  /**
   * Tries to save; none refused ends the edit. Rejects with {@link MalformedEdit}, or with what
   * ends the edit without another try.
   */
  save(text: string): Promise<readonly Refusal[]>;
}

const usualHeader = [
  "Please edit the object below. Lines beginning with a '#' will be ignored,",
  'and an empty file will abort the edit. If an error occurs while saving this file will be',
  'reopened with the relevant failures.',
  '',
];

export async function editLoop(session: Session, request: EditRequest): Promise<number> {
  const folder = await session.environment.temporaryFolder('kubectl-edit-');
  const file = { path: `${folder.path}/edit.${request.ending}`, keep: false };
  try {
    return await editUntilSaved(session, request, file);
  } finally {
    if (!file.keep) await folder.remove();
  }
}

interface EditedFile {
  readonly path: string;
  /** True once it holds what nobody else has. */
  keep: boolean;
}

async function editUntilSaved(
  session: Session,
  request: EditRequest,
  file: EditedFile,
): Promise<number> {
  const { environment } = session;
  let refused: { readonly text: string; readonly refusals: readonly Refusal[] } | undefined;
  const giveUp = (error: unknown): never => {
    file.keep = true;
    session.complain(`A copy of your changes has been stored to ${JSON.stringify(file.path)}`);
    throw error;
  };
  for (;;) {
    const text = withHeader(request, refused?.text ?? request.content, refused?.refusals ?? []);
    await environment.disk.write(file.path, request.windowsLineEndings ? toWindows(text) : text);
    try {
      await openEditor(environment, file.path);
    } catch (error) {
      if (refused !== undefined) giveUp(error);
      throw error;
    }
    const saved = withoutComments(await session.files.read(file.path));
    if (refused !== undefined && sameContent(saved, refused.text)) {
      giveUp(new UsageError('Edit cancelled, no valid changes were saved.'));
    }
    if (sameContent(saved, request.content)) return cancelled(session, 'no changes made.');
    if (saved.trim() === '') return cancelled(session, 'saved file was empty.');
    const refusals = await tried(request, saved).catch(giveUp);
    for (const refusal of refusals) session.complain(`error: ${complaint(refusal)}`);
    if (refusals.length === 0) return 0;
    const hint = hintFor(refusals, file.path);
    if (hint !== undefined) {
      file.keep = true;
      session.complain(hint);
      return 1;
    }
    refused = { text: saved, refusals };
  }
}

async function tried(request: EditRequest, saved: string): Promise<readonly Refusal[]> {
  try {
    return await request.save(saved);
  } catch (error) {
    if (!(error instanceof MalformedEdit)) throw error;
    const cause = `<nil>: Invalid value: "The edited file failed validation": ${error.message}`;
    return [{ why: 'invalid', title: request.title, causes: [cause] }];
  }
}

function complaint(refusal: Refusal): string {
  if (refusal.why === 'invalid') return `${refusal.title} is invalid`;
  if (refusal.why === 'gone') return `${refusal.title} could not be found on the server`;
  return `${refusal.title} could not be patched: ${refusal.reason}`;
}

/** What to do with a file that is not opened again. */
function hintFor(refusals: readonly Refusal[], path: string): string | undefined {
  if (refusals.some(({ why }) => why === 'refused')) {
    return `You can run \`kubectl-lite replace -f ${path}\` to try this update again.`;
  }
  if (refusals.some(({ why }) => why === 'gone')) {
    return `The edits you made on deleted resources have been saved to ${JSON.stringify(path)}`;
  }
  return undefined;
}

function cancelled(session: Session, why: string): number {
  session.complain(`Edit cancelled, ${why}`);
  return 0;
}

function withHeader(
  { ending, header = usualHeader }: EditRequest,
  content: string,
  refusals: readonly Refusal[],
): string {
  if (ending === 'json') return content;
  const reasons = refusals.flatMap((refusal) => {
    const causes = refusal.why === 'invalid' ? refusal.causes : [];
    const head = `${refusal.title} was not valid`;
    if (causes.length === 0) return [head, ''];
    return [`${head}:`, ...causes.flatMap((cause) => `* ${cause}`.split('\n')), ''];
  });
  return [...header, ...reasons].map((line) => `# ${line}`.trimEnd()).join('\n') + `\n${content}`;
}

/** Lines that begin with "#" are ours, or the user's own notes. */
function withoutComments(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  return lines.filter((line) => !line.trimStart().startsWith('#')).join('\n');
}

/** Another layout of the same values is no change. */
function sameContent(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [a, b].map((text) => parseYamlDocuments(text));
  const malformed = [...one!, ...other!].some((document) => 'error' in document);
  return !malformed && deepEqual(valuesOf(one!), valuesOf(other!));
}

const valuesOf = (documents: ReturnType<typeof parseYamlDocuments>): unknown[] =>
  documents.map((document) => ('value' in document ? document.value : undefined));

const toWindows = (text: string): string => text.replaceAll('\n', '\r\n');
