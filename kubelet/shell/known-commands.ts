/**
 * Whether the whole of a container's command can be carried out here: every program it names is
 * known, and nothing in it asks for more of a shell than there is. What is only partly known is
 * better not begun.
 */
import { answerTo, type DeclaredAnswer } from './answers.ts';
import { builtins } from './builtins.ts';
import { type Command, parseScript, type Script, type SimpleCommand } from './line.ts';
import { programs } from './programs.ts';
import { programName, scriptOf, shellNames } from './shell-words.ts';
import { ShellSyntaxError, type Word } from './tokens.ts';

/** File names, braces and home folders are not expanded. */
const BEYOND = /[*?{]|^~/;

/** What it is to pack or unpack is an image's, or of more kinds than there are here. */
const ABOUT_IMAGES = 'tar';

export function isKnown(words: readonly string[], answers: readonly DeclaredAnswer[]): boolean {
  try {
    return wordsKnown(words, answers);
  } catch (error) {
    if (error instanceof ShellSyntaxError) return false;
    throw error;
  }
}

function wordsKnown(words: readonly string[], answers: readonly DeclaredAnswer[]): boolean {
  if (words.length === 0) return false;
  if (answerTo(answers, words) !== undefined) return true;
  const name = programName(words[0]!);
  if (!shellNames.has(name)) return Object.hasOwn(programs, name) && name !== ABOUT_IMAGES;
  const script = scriptOf(words);
  return script === undefined ? words.length === 1 : scriptKnown(parseScript(script), answers);
}

function scriptKnown(script: Script, answers: readonly DeclaredAnswer[]): boolean {
  return script.every(({ pipeline }) => pipeline.every((each) => commandKnown(each, answers)));
}

function commandKnown(command: Command, answers: readonly DeclaredAnswer[]): boolean {
  const known = (script: Script): boolean => scriptKnown(script, answers);
  const targets = command.redirections.flatMap(({ to }) => (typeof to === 'string' ? [] : [to]));
  if (!targets.every((word) => wordKnown(word, answers))) return false;
  switch (command.type) {
    case 'simple':
      return simpleKnown(command, answers);
    case 'group':
    case 'background':
      return known(command.body);
    case 'while':
      return known(command.condition) && known(command.body);
    case 'for':
      return command.words.every((word) => wordKnown(word, answers)) && known(command.body);
    case 'if': {
      const { branches, otherwise } = command;
      const parts = branches.flatMap(({ condition, body }) => [condition, body]);
      return [...parts, otherwise].every(known);
    }
  }
}

function simpleKnown(
  { words, assignments }: SimpleCommand,
  answers: readonly DeclaredAnswer[],
): boolean {
  const all = [...words, ...assignments.map(({ value }) => value)];
  if (!all.every((word) => wordKnown(word, answers))) return false;
  const literals = words.map(literal);
  if (literals[0] === 'exec') literals.shift();
  const [name] = literals;
  if (literals.length === 0) return true;
  if (name === undefined) return false;
  if (name === 'trap') return trapKnown(literals.slice(1), answers);
  if (Object.hasOwn(builtins, name)) return true;
  // Of words that are not known yet only the program's name is.
  return wordsKnown(
    literals.map((word) => word ?? '…'),
    answers,
  );
}

/** Its action is a script. */
function trapKnown(
  [action, ...signals]: readonly (string | undefined)[],
  answers: readonly DeclaredAnswer[],
): boolean {
  if (action === undefined || signals.includes(undefined)) return false;
  return action === '-' || signals.length === 0 || scriptKnown(parseScript(action), answers);
}

function wordKnown(word: Word, answers: readonly DeclaredAnswer[]): boolean {
  const plain = word
    .map((part) => (part.type === 'text' && !part.quoted ? part.text : ''))
    .join('');
  if (BEYOND.test(plain)) return false;
  return word.every((part) => {
    if (part.type === 'output') return scriptKnown(parseScript(part.line), answers);
    return part.type !== 'variable' || part.instead === undefined
      ? true
      : wordKnown(part.instead.word, answers);
  });
}

/** The word if it is the same whenever it is said. */
function literal(word: Word): string | undefined {
  const parts = word.map((part) => (part.type === 'text' ? part.text : undefined));
  return parts.includes(undefined) ? undefined : parts.join('');
}
