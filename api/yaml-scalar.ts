/** What a text allows: in which of YAML's styles it may stand, and what it would mean if plain. */

export interface ScalarTraits {
  readonly multiline: boolean;
  /** May stand without quotes in block style. */
  readonly plain: boolean;
  readonly single: boolean;
  /** May stand as a literal block. */
  readonly block: boolean;
  /** Has characters that only double quotes can show. */
  readonly special: boolean;
}

const ALWAYS = '#,[]{}&*!|>\'"%@`';
const BREAKS = /[\r\n\u0085\u2028\u2029]/;

/** libyaml's analysis of a scalar, for block style. */
export function scalarTraits(text: string): ScalarTraits {
  if (text === '') {
    return { multiline: false, plain: true, single: true, block: false, special: false };
  }
  const multiline = BREAKS.test(text);
  const special = !PRINTABLE.test(text);
  const edgeBlank = /^[ \r\n\u0085\u2028\u2029]|[ \r\n\u0085\u2028\u2029]$/.test(text);
  const breakBlank = /[\r\n\u0085\u2028\u2029] /.test(text);
  const blankBreak = / [\r\n\u0085\u2028\u2029]/.test(text);
  const plain =
    !multiline && !special && !edgeBlank && !breakBlank && !blankBreak && !hasIndicators(text);
  return {
    multiline,
    plain,
    single: !breakBlank && !blankBreak && !special,
    block: !text.endsWith(' ') && !blankBreak && !special,
    special,
  };
}

/** Line breaks are printable here; tabs, and what lies beyond the first plane, are not. */
const PRINTABLE = /^(?:[\n\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd])*$/;

function hasIndicators(text: string): boolean {
  const first = text[0]!;
  if (text.startsWith('---') || text.startsWith('...') || ALWAYS.includes(first)) return true;
  if (/^[-?:](?:[ \t\r\n\0\u0085\u2028\u2029]|$)/.test(text)) return true;
  return /:(?:[ \t\r\n\0\u0085\u2028\u2029]|$)/.test(text) || /[ \t]#/.test(text);
}

const words = new Set(
  ['y', 'yes', 'n', 'no', 'true', 'false', 'on', 'off', 'null', '.nan', '.inf', '+.inf', '-.inf']
    .flatMap((word) => [word, capital(word), word.toUpperCase()])
    .concat('', '~', '.NaN'),
);

function capital(word: string): string {
  return word.replace(/[a-z]/, (letter) => letter.toUpperCase());
}

const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|0[bB][01]+|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const time = String.raw`\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?`;
const moment = new RegExp(
  String.raw`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]${time}(?:Z|[-+]\d\d:\d\d)| ${time})?$`,
);

/** False if a plain scalar of this text would be read as a boolean, number, time or null. */
export function plainMeansText(text: string): boolean {
  if (words.has(text)) return false;
  if (!/^[-+.0-9]/.test(text)) return true;
  const digits = text.replaceAll('_', '');
  if (INTEGER.test(digits) || BASE_60.test(text)) return false;
  return !(FLOAT.test(digits) && Number.isFinite(Number(digits))) && !isMoment(text);
}

function isMoment(text: string): boolean {
  const [, year, month, day] = moment.exec(text) ?? [];
  if (year === undefined) return false;
  const [m, d] = [Number(month), Number(day)];
  const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0);
  const days = m === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(m) ? 30 : 31;
  return m >= 1 && m <= 12 && d >= 1 && d <= days;
}
