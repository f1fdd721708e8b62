import type { KubernetesObject } from '../../api/meta.ts';
import { parseYamlDocuments, type YamlDialect } from '../../api/yaml.ts';

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
export function placeOf(at: Omit<ManifestDocument, 'object'>): string {
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
  parseYamlDocuments(text, into.dialect).forEach((parsed, index) => {
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
      if (problem === undefined) into.documents.push({ object: value as KubernetesObject, ...at });
      else
        into.failures.push({
          place: placeOf(at),
          message: `unable to decode ${placeOf(at)}: ${problem}`,
        });
    }
  });
}

/** A `List` stands for its items. */
function itemsOf(value: unknown): readonly unknown[] {
  const list = value as { kind?: unknown; items?: unknown };
  const isList = typeof list.kind === 'string' && list.kind.endsWith('List');
  return isList && Array.isArray(list.items) ? (list.items as unknown[]) : [value];
}

function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'the document is no object';
  }
  const object = value as { apiVersion?: unknown; kind?: unknown; metadata?: { name?: unknown } };
  if (typeof object.kind !== 'string' || object.kind === '') return "Object 'Kind' is missing";
  if (typeof object.apiVersion !== 'string' || object.apiVersion === '')
    return "Object 'apiVersion' is missing";
  if (typeof object.metadata !== 'object' || object.metadata === null)
    return "Object 'metadata' is missing";
  return undefined;
}
