import { alignTabs } from './tabwriter.ts';

/** Longer annotations are put below their key, and cut. */
const MAX_ANNOTATION = 140;

/** Collects the lines of a description. Levels indent by two blanks, cells end in tabs. */
export class DescriptionWriter {
  readonly #lines: string[] = [];

  line(level: number, text: string): this {
    this.#lines.push('  '.repeat(level) + text);
    return this;
  }

  /** "Name:<tab>value"; an absent or empty value is printed as "<none>". */
  field(level: number, name: string, value: string | number | boolean | undefined): this {
    const shown = value === undefined || value === '' ? '<none>' : String(value);
    return this.line(level, `${name}:\t${shown}`);
  }

  /** As {@link field}, but nothing stays nothing. */
  bare(level: number, name: string, value: string | number | boolean | undefined): this {
    return this.line(level, `${name}:\t${value ?? ''}`);
  }

  /** One value per line, the first beside the name. */
  list(level: number, name: string, values: readonly string[]): this {
    this.field(level, name, values[0]);
    for (const value of values.slice(1)) this.line(0, `\t${value}`);
    return this;
  }

  /** Labels and their like: one entry per line, by key. */
  map(level: number, name: string, entries: Readonly<Record<string, string>> | undefined): this {
    if (name === 'Annotations') return this.list(level, name, annotationLines(entries));
    return this.list(
      level,
      name,
      sorted(entries).map(([key, value]) => `${key}=${value}`),
    );
  }

  /** Rows of cells under `headers`, underlined; nothing but "<none>" beside the title if empty. */
  table(level: number, title: string, content: DescriptionTable): this {
    if (content.rows.length === 0) return this.field(level, title, undefined);
    this.line(level, `${title}:`);
    // kubectl underlines every word of three letters, as Age, with four dashes.
    const underline = content.headers.map((header) => '-'.repeat(Math.max(header.length, 4)));
    for (const row of [content.headers, content.underline ?? underline, ...content.rows]) {
      this.line(level + 1, row.join('\t'));
    }
    return this;
  }

  /** The lines with their tabs. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The lines with their tabs, for output that kubectl does not align. */
  unaligned(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  text(): string {
    return `${alignTabs(this.#lines.join('\n'))}\n`;
  }
}

export interface DescriptionTable {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Where kubectl's own dashes are of another length. */
  readonly underline?: readonly string[];
}

const sorted = (entries: Readonly<Record<string, string>> | undefined): [string, string][] =>
  Object.entries(entries ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** "a=1,b=2", or "<none>": labels where kubectl prints them in one line. */
export function inlineMap(entries: Readonly<Record<string, string>> | undefined): string {
  const pairs = sorted(entries).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.join(',');
}

function annotationLines(entries: Readonly<Record<string, string>> | undefined): string[] {
  return (
    sorted(entries)
      // What apply keeps for itself is no news to a reader.
      .filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration')
      .flatMap(([key, text]) => {
        const value = text.replace(/\n$/, '');
        const fits = value.length + key.length + 2 <= MAX_ANNOTATION && !value.includes('\n');
        if (fits) return [`${key}: ${value}`];
        return [`${key}:`, ...value.split('\n').map((line) => `  ${shortened(line)}`)];
      })
  );
}

const shortened = (line: string): string =>
  line.length > MAX_ANNOTATION - 2 ? `${line.slice(0, MAX_ANNOTATION - 2)}...` : line;
