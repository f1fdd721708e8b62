/**
 * Field selectors: "status.phase=Running,metadata.name!=a". Values escape `\`, `,` and `=` with a
 * backslash. Which fields a kind knows is the kind's own.
 */
import { statusError } from '../status.ts';

export interface FieldRequirement {
  /** "metadata.name". */
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** Throws StatusError BadRequest. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  // In Kubernetes' order, in which they are also refused.
  return splitTerms(text)
    .filter((term) => term !== '')
    .sort()
    .map((term) => {
      const match = /^((?:\\.|[^\\!=]|!(?!=))*)(!=|==?)(.*)$/s.exec(term);
      if (match === null) throw refused(`invalid selector: '${text}'; can't understand '${term}'`);
      const operator = match[2] === '!=' ? '!=' : '=';
      return { field: match[1]!, operator, value: unescapeValue(match[3]!) };
    });
}

/** True if the fields meet every requirement; an absent field counts as "". */
export function matchesFields(
  requirements: readonly FieldRequirement[],
  valueOf: (field: string) => string | undefined,
): boolean {
  for (const { field, operator, value } of requirements) {
    if (((valueOf(field) ?? '') === value) !== (operator === '=')) return false;
  }
  return true;
}

/** The value that the selector requires of `field`, if it requires exactly one. */
export function requiredFieldValue(
  requirements: readonly FieldRequirement[],
  field: string,
): string | undefined {
  return requirements.find((r) => r.field === field && r.operator === '=')?.value;
}

export function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, (char) => `\\${char}`);
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === ',') {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(text: string): string {
  let value = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === ',' || char === '=') {
      throw refused(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    }
    if (char !== '\\') {
      value += char;
      continue;
    }
    const escaped = text[++at] ?? '';
    if (escaped === '' || !'\\,='.includes(escaped)) {
      throw refused(`invalid field selector: invalid escape sequence: \\${escaped}`);
    }
    value += escaped;
  }
  return value;
}

const refused = (message: string): Error => statusError('BadRequest', message);
