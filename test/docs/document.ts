import { readFileSync } from 'node:fs';

/** A shell block of a page, with the files that the page shows before it. */
export interface Step {
  readonly line: number;
  readonly script: string;
  /** Tool that the machine must have: "sh needs=etcd". */
  readonly needs?: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

const fence = /^(?:<!-- file: (\S+) -->\n)?```(\w+)?([^\n]*)\n([\s\S]*?)^```$/gm;

/** The blocks of a Markdown page in one language, in order. */
export function fencesOf(path: string, language: string): string[] {
  const blocks = [...readFileSync(path, 'utf8').matchAll(fence)];
  return blocks.filter(([, , name]) => name === language).map(([, , , , body = '']) => body);
}

/** The shell blocks of a Markdown page, in order. */
export function stepsOf(path: string): Step[] {
  const text = readFileSync(path, 'utf8');
  const steps: Step[] = [];
  let files: Step['files'] = [];
  for (const match of text.matchAll(fence)) {
    const [, file, language, info = '', body = ''] = match;
    if (file !== undefined) files = [...files, { name: file, text: body }];
    if (language !== 'sh') continue;
    const needs = /needs=(\S+)/.exec(info)?.[1];
    const line = text.slice(0, match.index).split('\n').length;
    steps.push({ line, script: body, files, ...(needs === undefined ? {} : { needs }) });
    files = [];
  }
  return steps;
}
