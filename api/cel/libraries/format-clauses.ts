/** The clauses of a format, as a run and the checker read them. */

export type Clause =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'clause'; readonly verb: string; readonly precision?: number };

/** Not an error of the expression's values: its format is wrong, or its arguments are. */
export class FormatFault extends Error {
  override readonly name = 'FormatFault';
}

/** What each clause is called, and what it is for. */
export const wanted: Readonly<Record<string, readonly [string, string]>> = {
  s: [
    'string',
    'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  ],
  d: ['decimal', 'integers'],
  f: ['fixed-point', 'doubles'],
  e: ['scientific', 'doubles'],
  b: ['binary', 'integers and bools'],
  x: ['hex', 'integers, byte buffers, and strings'],
  o: ['octal', 'integers'],
};

const VERBS = 'sdfebxXo';

/** In order, as far as they can be read: throws where they cannot. */
export function* clausesOf(text: string): Generator<Clause> {
  let at = 0;
  while (at < text.length) {
    const percent = text.indexOf('%', at);
    if (percent !== at) {
      const end = percent < 0 ? text.length : percent;
      yield { type: 'text', text: text.slice(at, end) };
      at = end;
      continue;
    }
    if (at + 1 >= text.length) throw new FormatFault('unexpected end of string');
    if (text[at + 1] === '%') {
      yield { type: 'text', text: '%' };
      at += 2;
      continue;
    }
    const found = /^(?:\.(\d*))?(.)?/su.exec(text.slice(at + 1))!;
    const [whole, digits, verb = ''] = found;
    yield { type: 'clause', ...read(digits, verb) };
    at += 1 + whole.length;
  }
}

const UNREADABLE = 'could not parse formatting clause';

function read(digits: string | undefined, verb: string) {
  if (digits !== undefined && verb === '') {
    const why = 'error while parsing precision: could not find end of precision specifier';
    throw new FormatFault(`${UNREADABLE}: ${why}`);
  }
  if (!VERBS.includes(verb))
    throw new FormatFault(`${UNREADABLE}: unrecognized formatting clause "${verb}"`);
  return digits === undefined ? { verb } : { verb, precision: Number(digits) };
}
