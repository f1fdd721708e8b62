/**
 * Reads the YAML that programs write into kubeconfigs: nested mappings and lists in block style,
 * with plain or simply quoted texts. Anything else (anchors, flow style, block texts, words that
 * may be numbers) gives undefined, and a whole YAML reader has to look at it. Loading one takes a
 * command line longer than its request.
 */
interface Line {
  readonly indent: number;
  readonly text: string;
}

/** Thrown and caught here only. */
class NotPlain extends Error {}

export function plainYaml(source: string): { readonly value: unknown } | undefined {
  try {
    return { value: new Reader(linesOf(source)).document() };
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

function linesOf(source: string): Line[] {
  if (source.includes('\t')) throw new NotPlain();
  const lines: Line[] = [];
  for (const line of source.split(/\r?\n/)) {
    const text = line.trimStart();
    if (text === '' || text.startsWith('#')) continue;
    lines.push({ indent: line.length - text.length, text: text.trimEnd() });
  }
  return lines;
}

/** Words that YAML reads as something else than a text. */
const SPECIAL = /^(y|n|yes|no|on|off|null|~|[-+.]?[0-9].*|[-+]?\.(inf|nan).*)$/i;
const PLAIN = /^[A-Za-z0-9_./+=][A-Za-z0-9_./+=@:-]*$/;
/** Base64 that begins with a digit is no number: it has other letters and is long. */
const BASE_64 = /^(?=.*[g-zG-Z/])[A-Za-z0-9+/]{41,}=*$/;

function scalar(text: string): unknown {
  if (text === '{}') return {};
  if (text === '[]') return [];
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^"[^"\\]*"$/.test(text) || /^'[^']*'$/.test(text)) return text.slice(1, -1);
  if (text.endsWith(':') || !PLAIN.test(text)) throw new NotPlain();
  if (/^(true|false)$/i.test(text)) throw new NotPlain();
  if (SPECIAL.test(text) && !BASE_64.test(text)) throw new NotPlain();
  return text;
}

class Reader {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  document(): unknown {
    if (this.#lines[0]?.text === '---') this.#at++;
    const first = this.#lines[this.#at];
    if (first === undefined) return undefined;
    const value = this.#block(first.indent);
    if (this.#at < this.#lines.length) throw new NotPlain();
    return value;
  }

  #block(indent: number): unknown {
    return isItem(this.#lines[this.#at]) ? this.#list(indent) : this.#mapping(indent);
  }

  #list(indent: number): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      const line = this.#lines[this.#at];
      if (line?.indent !== indent || !isItem(line)) return items;
      const rest = line.text.slice(1).trimStart();
      if (rest === '') throw new NotPlain();
      if (/^[^\s"'{[]+:( |$)/.test(rest)) {
        // The item is a mapping, whose first key stands behind the dash.
        const inner = indent + line.text.length - rest.length;
        this.#lines[this.#at] = { indent: inner, text: rest };
        items.push(this.#mapping(inner));
      } else {
        this.#at++;
        items.push(scalar(rest));
      }
    }
  }

  #mapping(indent: number): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    for (;;) {
      const line = this.#lines[this.#at];
      if (line?.indent !== indent || isItem(line)) break;
      const match = /^([A-Za-z][A-Za-z0-9_.-]*):(?: +(.+))?$/.exec(line.text);
      if (match === null || SPECIAL.test(match[1]!) || entries.has(match[1]!)) throw new NotPlain();
      this.#at++;
      entries.set(match[1]!, match[2] === undefined ? this.#below(indent) : scalar(match[2]));
    }
    if (entries.size === 0) throw new NotPlain();
    return Object.fromEntries(entries);
  }

  /** What stands below a key: a deeper block, a list at the key's own depth, or nothing. */
  #below(indent: number): unknown {
    const next = this.#lines[this.#at];
    if (next === undefined || next.indent < indent) return null;
    if (next.indent === indent) return isItem(next) ? this.#list(indent) : null;
    return this.#block(next.indent);
  }
}

const isItem = (line: Line | undefined): boolean =>
  line !== undefined && (line.text === '-' || line.text.startsWith('- '));
