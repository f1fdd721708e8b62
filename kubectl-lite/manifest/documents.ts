import type { KubernetesObject } from '../../api/meta.ts';
import { isObject } from '../../api/deep.ts';
import { parseYamlDocuments, type YamlDialect, type YamlDocument } from '../../api/yaml.ts';

/** One object of a manifest and where it stands. */
export interface ManifestDocument {
  readonly object: KubernetesObject;
  /** As given on the command line, or the file inside the folder given; "STDIN" for "-". */
  readonly file: string;
  /** From 1, within its file. */
  readonly document: number;
  /** Line of the document's first line, from 1. */
  readonly line: number;
}

/** A document that could not be read, or an object of the file that is no Kubernetes object. */
export interface ManifestFailure {
  readonly place: string;
  readonly message: string;
}

export interface Manifest {
  readonly documents: readonly ManifestDocument[];
  readonly failures: readonly ManifestFailure[];
}

/** As kubectl names the file, and where in it: `"web.yaml" (document 2, line 14)`. */
export function sourceOf(at: Omit<ManifestDocument, 'object'>): string {
  return `${JSON.stringify(at.file)} (document ${at.document}, line ${at.line})`;
}

/** "web.yaml (document 2, line 14)". */
function placeOf(at: Omit<ManifestDocument, 'object'>): string {
  return `${at.file} (document ${at.document}, line ${at.line})`;
}

/** The documents of one file's text. */
export function readDocuments(
  file: string,
  text: string,
  into: {
    readonly documents: ManifestDocument[];
    readonly failures: ManifestFailure[];
    readonly dialect?: YamlDialect;
  },
): void {
  valuesIn(text, into.dialect).forEach((parsed, index) => {
    const at = { file, document: index + 1, line: parsed.line };
    if ('error' in parsed) {
      const hint = parsed.error.includes('tab character') ? ' (indent with blanks, not tabs)' : '';
      const message = `error parsing ${placeOf(at)}: ${parsed.error}${hint}`;
      into.failures.push({ place: placeOf(at), message });
      return;
    }
    if (parsed.value === null || parsed.value === undefined) return;
    for (const value of itemsOf(parsed.value)) {
      const problem = problemOf(value);
      // What lacks a name is told by those who need one.
      const object = { metadata: {}, ...(value as object) } as KubernetesObject;
      if (problem === undefined) into.documents.push({ object, ...at });
      else
        into.failures.push({
          place: placeOf(at),
          message: `unable to decode ${placeOf(at)}: ${problem}`,
        });
    }
  });
}

/** Objects in JSON may follow one another without anything between them. */
function valuesIn(text: string, dialect: YamlDialect | undefined): readonly YamlDocument[] {
  const parts = text.trimStart().startsWith('{') ? jsonObjectsIn(text) : [];
  if (parts.length < 2) return parseYamlDocuments(text, dialect);
  let line = 1;
  return parts.flatMap((part) => {
    const before = line - 1;
    line += part.split('\n').length - 1;
    return parseYamlDocuments(part, dialect).map((one) => ({ ...one, line: one.line + before }));
  });
}

/** The texts of all objects at the top, blanks included; none if the text ends within one. */
function jsonObjectsIn(text: string): readonly string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[{}]/gs)) {
    if (token === '{') depth++;
    if (token !== '}' || --depth > 0) continue;
    parts.push(text.slice(from, index + 1));
    from = index + 1;
  }
  const complete = depth === 0 && text.slice(from).trim() === '';
  return complete && parts.every((part) => part.trimStart().startsWith('{')) ? parts : [];
}

/** A `List` stands for its items, which need not say what they are in one of a kind's own. */
function itemsOf(value: unknown): readonly unknown[] {
  const list = value as { apiVersion?: unknown; kind?: unknown; items?: unknown };
  const { apiVersion, kind, items } = list;
  const isList = typeof kind === 'string' && kind.endsWith('List');
  if (!isList || !Array.isArray(items)) return [value];
  const ofItems = kind.slice(0, -'List'.length);
  return (items as unknown[]).map((item) =>
    ofItems !== '' && isObject(item) && !item['kind']
      ? { ...item, apiVersion, kind: ofItems }
      : item,
  );
}

function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'the document is no object';
  }
  const object = value as { apiVersion?: unknown; kind?: unknown; metadata?: { name?: unknown } };
  if (typeof object.kind !== 'string' || object.kind === '') return "Object 'Kind' is missing";
  if (typeof object.apiVersion !== 'string' || object.apiVersion === '')
    return "Object 'apiVersion' is missing";
  const { metadata = {} } = object;
  return isObject(metadata) ? undefined : "Object 'metadata' is no object";
}
