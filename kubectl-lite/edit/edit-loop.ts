/** What the server refused for another reason than its content: opening it again would not help. */
export class NotSaved extends Error {
  override readonly name = 'NotSaved';
}

/**
 * The cycle of an edit: write a file, let the editor change it, try what came back, and open it
 * again with the reasons when it was refused. What could not be saved is never thrown away.
 */
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { openEditor } from './editor.ts';

export interface Edited {
  /** Reasons to open the file again, a line each; none ends the edit. */
  readonly refusals: readonly string[];
  readonly code: number;
}

export interface EditRequest {
  readonly content: string;
  /** "yaml" or "json": the ending tells the editor how to colour it. */
  readonly ending: string;
  readonly windowsLineEndings: boolean;
  /** Tries to save. Errors about the whole text are refusals, too. */
  save(text: string): Promise<Edited>;
}

const header = [
  "Please edit the object below. Lines beginning with a '#' will be ignored,",
  'and an empty file will abort the edit. If an error occurs while saving this file will be',
  'reopened with the relevant failures.',
  '',
];

export async function editLoop(session: Session, request: EditRequest): Promise<number> {
  const { environment } = session;
  const folder = await environment.temporaryFolder('kubectl-edit-');
  const path = `${folder.path}/edit.${request.ending}`;
  let keep = false;
  try {
    let content = request.content;
    let refusals: readonly string[] = [];
    for (;;) {
      const text = withHeader(content, refusals);
      await environment.disk.write(path, request.windowsLineEndings ? toWindows(text) : text);
      await openEditor(environment, path);
      const saved = withoutComments(await session.files.read(path));
      if (saved.trim() === '') return cancelled(session, 'saved file was empty.');
      if (saved === withoutComments(request.content)) return cancelled(session, 'no changes made.');
      if (refusals.length > 0 && saved === content) {
        keep = true;
        session.complain(`A copy of your changes has been stored to ${JSON.stringify(path)}`);
        throw new UsageError('Edit cancelled, no valid changes were saved.');
      }
      let edited: Edited;
      try {
        edited = await request.save(saved);
      } catch (error) {
        if (!(error instanceof NotSaved)) throw error;
        keep = true;
        await environment.disk.write(path, saved);
        session.complain(
          `error: ${error.message}\nYou can run \`kubectl-lite replace -f ${path}\` to try this ` +
            'update again.',
        );
        return 1;
      }
      if (edited.refusals.length === 0) return edited.code;
      content = saved;
      refusals = edited.refusals;
      for (const refusal of refusals) session.complain(`error: ${refusal.split('\n')[0]}`);
    }
  } finally {
    if (!keep) await folder.remove();
  }
}

function cancelled(session: Session, why: string): number {
  session.complain(`Edit cancelled, ${why}`);
  return 0;
}

function withHeader(content: string, refusals: readonly string[]): string {
  const reasons = refusals.flatMap((reason) => [...reason.split('\n'), '']);
  return [...header, ...reasons].map((line) => `# ${line}`.trimEnd()).join('\n') + `\n${content}`;
}

/** Lines that begin with "#" are ours, or the user's own notes. */
function withoutComments(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  return lines.filter((line) => !line.startsWith('#')).join('\n');
}

const toWindows = (text: string): string => text.replaceAll('\n', '\r\n');
