/** Asks a server for every case. */
import type { ListCase } from './cases.ts';
import type { Scene } from './scene.ts';
import type { ListServer } from './server.ts';
import { told, type Told } from './told.ts';

/** At a time: most of the watches wait for their end. */
const TOGETHER = 100;

export async function playAll(
  server: ListServer,
  scene: Scene,
  cases: readonly ListCase[],
): Promise<Told[]> {
  const answers: Told[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < cases.length; at = next++) {
      const { path, accept } = cases[at]!;
      const headers = accept === undefined ? {} : { accept };
      answers[at] = told(await server.exchange('GET', filled(path, scene), { headers }), scene);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return answers;
}

const filled = (path: string, { versions, tokens }: Scene): string =>
  path
    .replace(/\$token\((\w+)\)/g, (_all, name: string) => encodeURIComponent(tokens.get(name)!))
    .replace(/\$(old|current|future)/g, (_all, name: string) => versions.get(name)!);
