import type { KubernetesObject } from '../../api/meta.ts';
import { goJson } from '../../api/go-json.ts';

type Content = KubernetesObject & {
  readonly data?: unknown;
  readonly binaryData?: unknown;
  readonly immutable?: boolean;
  readonly type?: string;
};

/** The hash has no letters or digits that make words, as Kubernetes' generated names have none. */
const letters: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };
const LENGTH = 10;

/**
 * The suffix that `--append-hash` and kustomize give to the name of a ConfigMap or Secret: other
 * content, another name, and so pods that use it are made anew. `sha256` gives hexadecimal digits.
 */
export async function contentHash(
  object: KubernetesObject,
  sha256: (text: string) => Promise<string>,
): Promise<string> {
  const { kind, metadata, data, binaryData, immutable, type = '' } = object as Content;
  const hashed = {
    kind,
    name: metadata.name ?? '',
    ...(kind === 'Secret' ? { data: data ?? {}, type } : { data: data ?? {} }),
    ...(binaryData === undefined ? {} : { binaryData }),
    ...(immutable === undefined ? {} : { immutable }),
  };
  const digits = await sha256(goJson(hashed));
  return [...digits.slice(0, LENGTH)].map((digit) => letters[digit] ?? digit).join('');
}
