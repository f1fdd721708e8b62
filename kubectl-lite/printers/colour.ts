import type { Session } from '../session.ts';

const codes = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, grey: 90, bold: 1 } as const;

export type Colour = keyof typeof codes;

/** Coloured on a terminal, plain in a pipe or file, or where NO_COLOR is set (no-color.org). */
export function coloured(session: Session, colour: Colour, text: string): string {
  const { interactive, variables } = session.environment;
  if (!interactive || variables['NO_COLOR'] || variables['TERM'] === 'dumb') return text;
  return `\u001b[${codes[colour]}m${text}\u001b[0m`;
}
