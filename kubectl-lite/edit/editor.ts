import type { Environment } from '../session.ts';
import { UsageError } from '../usage-error.ts';

/** KUBE_EDITOR, else EDITOR, else vi; the shell reads it, so that it may carry arguments. */
export async function openEditor(environment: Environment, path: string): Promise<void> {
  const { variables, programs } = environment;
  const editor = variables['KUBE_EDITOR'] || variables['EDITOR'] || 'vi';
  const { code } = await programs.run({
    program: variables['SHELL'] || '/bin/sh',
    args: ['-c', `${editor} "${path.replaceAll(/["$`\\]/g, '\\$&')}"`],
    output: 'shared',
  });
  if (code === 0) return;
  throw new UsageError(`there was a problem with the editor ${JSON.stringify(editor)}`);
}
