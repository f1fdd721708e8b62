/** What two recordings tell differently, one line each, and which of it is meant to differ. */
import type { Recorded } from './record.ts';

export interface Justified {
  /** Of which scenarios; of all without it. */
  readonly scenario?: RegExp;
  /** Lines as `differences` has them. */
  readonly lines: RegExp;
  readonly why: string;
}

/** "- " before what only Kubernetes' controllers made, "+ " before what only ours did. */
export function differences(theirs: Recorded, ours: Recorded): readonly string[] {
  const [expected, actual] = [new Set(linesOf(theirs)), new Set(linesOf(ours))];
  return [
    ...[...expected].filter((line) => !actual.has(line)).map((line) => `- ${line}`),
    ...[...actual].filter((line) => !expected.has(line)).map((line) => `+ ${line}`),
  ];
}

export function unjustified(
  scenario: string,
  lines: readonly string[],
  list: readonly Justified[],
): readonly string[] {
  const held = list.filter((each) => each.scenario?.test(scenario) ?? true);
  return lines.filter((line) => !held.some((each) => each.lines.test(line)));
}

function linesOf({ objects, events }: Recorded): string[] {
  return [...leaves('', objects), ...events.map((event) => `event ${event}`)];
}

function leaves(path: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return [`${path} = ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, each]) => leaves(`${path} ${name}`, each));
}
