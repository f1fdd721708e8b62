/** What is alike in answers on the wire: the code, and what is said of a failure. */
import { readFileSync } from 'node:fs';
import { wireCases } from './cases.ts';

/** A failure's text; null where there is none. */
export type WireTold = readonly [code: number, message: string | null];

/** Recorded from kube-apiserver 1.34.1, in the order of the cases. */
export function wireAnswers(): readonly WireTold[] {
  const text = readFileSync(new URL('answers.jsonl', import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as WireTold);
}

export const numberedCases = wireCases.map((one, i) => [`${i + 1}: ${one.title}`, one, i] as const);

export function wireTold({ code, text }: { code: number; text: string }): WireTold {
  if (code < 400) return [code, null];
  return [code, withoutShown(messageOf(text))];
}

function messageOf(text: string): string {
  if (!text.startsWith('{')) return text;
  return (JSON.parse(text) as { message: string }).message;
}

const uid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** An object in a text, whose fields have another order. */
const shown = /Invalid value: "\{(?:[^"\\]|\\.)*"/;
const asItWas = /Object 'Kind' is missing in '\{.*\}'$/s;

const withoutShown = (text: string): string =>
  text.replace(shown, 'Invalid value: …').replace(asItWas, 'Object is …').replace(uid, 'UID');
