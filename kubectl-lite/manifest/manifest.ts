import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import {
  type Manifest,
  type ManifestDocument,
  type ManifestFailure,
  readDocuments,
} from './documents.ts';

export interface ManifestRequest {
  readonly paths: readonly string[];
  /** A kustomization's folder; empty for none. */
  readonly kustomize: string;
  readonly recursive: boolean;
  readonly sha256: (text: string) => Promise<string>;
  readonly warn: (text: string) => void;
}

/** Reads every file named; a broken document does not keep the others from being read. */
export async function readManifest(files: Files, request: ManifestRequest): Promise<Manifest> {
  const { paths, kustomize, recursive } = request;
  if (kustomize !== '') {
    if (paths.length > 0) throw new UsageError('only one of -f or -k can be specified');
    const { buildKustomization } = await import('../kustomize/build.ts');
    const documents = await buildKustomization(files, kustomize, request);
    return { documents, failures: [] };
  }
  if (paths.length === 0) throw new UsageError('must specify one of -f and -k');
  const documents: ManifestDocument[] = [];
  const failures: ManifestFailure[] = [];
  for (const path of paths) {
    for (const file of await files.expand(path, recursive)) {
      const text = await files.read(file);
      readDocuments(file === '-' ? 'STDIN' : file, text, { documents, failures });
    }
  }
  return { documents, failures };
}
