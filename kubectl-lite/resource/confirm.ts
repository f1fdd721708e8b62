import type { Session } from '../session.ts';
import type { Located } from './located.ts';

/** Asks on the terminal; whatever is not "y" is a no. */
export async function confirmed(session: Session, all: readonly Located[]): Promise<boolean> {
  const names = all.map(({ type: { kind, group }, name }) => {
    const suffix = group === '' ? '' : `.${group}`;
    return `${kind.toLowerCase()}${suffix}/${name}\n`;
  });
  session.output.out(
    `You are about to delete the following ${all.length} resource(s):\n${names.join('')}` +
      'Do you want to continue? (y/N): ',
  );
  const { terminal } = session.environment;
  const answer = terminal.isTerminal ? await firstLine(session) : await session.files.read('-');
  return answer.trim().split(/\s/)[0]?.toLowerCase() === 'y';
}

async function firstLine(session: Session): Promise<string> {
  const read = new AbortController();
  let text = '';
  try {
    for await (const chunk of session.environment.terminal.input(read.signal)) {
      text += Buffer.from(chunk).toString();
      if (text.includes('\n')) break;
    }
  } finally {
    read.abort();
  }
  return text;
}
