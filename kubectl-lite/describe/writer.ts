import { alignTabs } from './tabwriter.ts';

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

  /** One entry per line, the first beside the name: how kubectl prints labels and annotations. */
  map(level: number, name: string, entries: Readonly<Record<string, string>> | undefined): this {
    const lines = Object.entries(entries ?? {})
      // What apply keeps for itself is no news to a reader.
      .filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}${name === 'Annotations' ? ': ' : '='}${value}`);
    this.field(level, name, lines[0]);
    for (const line of lines.slice(1)) this.line(0, `\t${line}`);
    return this;
  }

  /** Rows of cells under `headers`, underlined; nothing but "<none>" beside the title if empty. */
  table(level: number, title: string, content: DescriptionTable): this {
    if (content.rows.length === 0) return this.field(level, title, undefined);
    this.line(level, `${title}:`);
    // kubectl underlines every word of three letters, as Age, with four dashes.
    const underline = content.headers.map((header) => '-'.repeat(Math.max(header.length, 4)));
    for (const row of [content.headers, underline, ...content.rows]) {
      this.line(level + 1, row.join('\t'));
    }
    return this;
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
}
