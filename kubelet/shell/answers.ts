/**
 * Answers that a pod's user declares for commands in its containers:
 *
 *   wherry.io/exec: |
 *     - command: redis-cli ping
 *       stdout: |
 *         PONG
 *     - command: [psql, '*']
 *       stderr: 'no such table'
 *       exitCode: 1
 *
 * A command is a list of words, or a text of words divided by blanks; a last word `*` stands for
 * any others. The first that fits is the answer. `<container>.wherry.io/exec` is for one container
 * alone, and is looked at first.
 */
import { parseYaml, MalformedYaml } from '../../api/yaml.ts';
import { sleep } from '../../platform/clock.ts';
import { FieldFault, Fields } from '../stages/fields.ts';
import type { Call } from './call.ts';

export interface DeclaredAnswer {
  readonly command: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly delayMs: number;
}

/** An annotation that cannot be understood; the message names it. */
export class AnswersFault extends Error {
  override readonly name = 'AnswersFault';
}

const MAX_DELAY_SECONDS = 3600;

export function declaredAnswers(
  annotations: Readonly<Record<string, string>> = {},
  container: string,
): DeclaredAnswer[] {
  return [`${container}.wherry.io/exec`, 'wherry.io/exec'].flatMap((name) => {
    const text = annotations[name];
    if (text === undefined) return [];
    try {
      return answersIn(text);
    } catch (error) {
      if (error instanceof FieldFault || error instanceof MalformedYaml)
        throw new AnswersFault(`annotation ${name}: ${error.message}`);
      throw error;
    }
  });
}

export function answerTo(
  answers: readonly DeclaredAnswer[],
  words: readonly string[],
): DeclaredAnswer | undefined {
  return answers.find(({ command }) => {
    const open = command.at(-1) === '*';
    const fixed = open ? command.slice(0, -1) : command;
    if (open ? words.length < fixed.length : words.length !== fixed.length) return false;
    return fixed.every((word, i) => word === words[i]);
  });
}

/** Resolves with its exit code. */
export async function sayAnswer({ io, world }: Call, answer: DeclaredAnswer): Promise<number> {
  const { stdout, stderr, exitCode, delayMs } = answer;
  if (delayMs > 0) await sleep(world.clock, delayMs, io.signal);
  if (io.signal.aborted) return 130;
  if (stdout !== '') await io.stdout.write(Buffer.from(stdout));
  if (stderr !== '') await io.stderr.write(Buffer.from(stderr));
  return exitCode;
}

function answersIn(text: string): DeclaredAnswer[] {
  const fields = new Fields({ answers: parseYaml(text) });
  return (fields.objects('answers') ?? []).map((each) => {
    const answer = {
      command: commandOf(each),
      stdout: each.text('stdout') ?? '',
      stderr: each.text('stderr') ?? '',
      exitCode: each.whole('exitCode', { max: 255 }) ?? 0,
      delayMs: (each.whole('delaySeconds', { max: MAX_DELAY_SECONDS }) ?? 0) * 1000,
    };
    each.done();
    return answer;
  });
}

function commandOf(fields: Fields): string[] {
  const value = fields.take('command');
  const words =
    typeof value === 'string' ? value.trim().split(/\s+/) : (fields.texts('command') ?? []);
  return words.length === 0 || words[0] === '' ? fields.fail('command', 'is needed') : words;
}
