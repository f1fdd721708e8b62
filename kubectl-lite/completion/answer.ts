import type { Environment } from '../session.ts';
import { complete } from './complete.ts';

/** `kubectl-lite __complete WORDS…`: the last word is the one being typed. */
export async function answerCompletion(
  environment: Environment,
  typed: readonly string[],
): Promise<number> {
  for (const { word, about } of await complete(environment, typed)) {
    environment.output.out(about === undefined ? `${word}\n` : `${word}\t${about}\n`);
  }
  return 0;
}
