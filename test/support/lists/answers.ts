/** What kube-apiserver 1.34.1 told, as recorded: each answer with the numbers of its cases. */
import { readFileSync } from 'node:fs';
import { listCases } from './cases.ts';
import { deletions, playDeletions } from './deletions.ts';
import { playAll } from './play.ts';
import { setScene } from './scene.ts';
import type { ListServer } from './server.ts';
import type { Told } from './told.ts';

/** Lists and watches first, then deletes. */
export const listTitles: readonly string[] = [
  ...listCases.map(({ path, accept = '' }) => `${path} ${accept}`),
  ...deletions.map((one) => JSON.stringify(one)),
];

export async function askAll(server: ListServer): Promise<Told[]> {
  const scene = await setScene(server);
  const lists = await playAll(server, scene, listCases);
  const gone = await playDeletions(server, scene, deletions);
  // What is absent is not written down.
  return JSON.parse(JSON.stringify([...lists, ...gone])) as Told[];
}

export function listAnswers(): readonly Told[] {
  const answers: Told[] = [];
  const text = readFileSync(new URL('answers.jsonl', import.meta.url), 'utf8');
  for (const line of text.trim().split('\n')) {
    const [numbers, told] = JSON.parse(line) as [number[], Told];
    for (const number of numbers) answers[number] = told;
  }
  return answers;
}
