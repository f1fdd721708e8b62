/** `buildMetadata`: where objects come from, and what changed them, as annotations. */
import { stringifyYaml } from '../../api/yaml-text.ts';
import { KUSTOMIZE_VERSION } from '../client-version.ts';
import type { Open, Origin, Resource } from './resource.ts';

/** What is built into kustomize, as the kustomization of a file asks for it. */
export const builtInOrigin = (kustomization: string, kind: string): Origin => ({
  configuredIn: kustomization,
  configuredBy: { apiVersion: 'builtin', kind },
});

/** What an object of `generators`, `transformers` or `validators` asks for. */
export function configuredOrigin({ origin, object }: Resource): Origin {
  const { name, namespace } = object.metadata;
  return {
    ...(origin?.path === undefined ? {} : { configuredIn: origin.path }),
    configuredBy: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      ...(name ? { name } : {}),
      ...(namespace ? { namespace } : {}),
    },
  };
}

/** Those that a transformer made come from it, the others were changed by it. */
export function recordTransformation(all: readonly Resource[], origin: Origin): void {
  for (const resource of all) {
    if (resource.origin === undefined) resource.origin = origin;
    else resource.transformations.push(origin);
  }
}

export function writeBuildMetadata(all: readonly Resource[], wanted: readonly string[]): void {
  for (const { object, origin, transformations } of all) {
    if (wanted.includes('originAnnotations') && origin !== undefined) {
      annotate(object, 'config.kubernetes.io/origin', linesOf(origin));
    }
    if (wanted.includes('transformerAnnotations') && transformations.length > 0) {
      const lines = transformations.flatMap((one) =>
        linesOf(one).map((line, i) => `${i === 0 ? '- ' : '  '}${line}`),
      );
      annotate(object, 'alpha.config.kubernetes.io/transformations', lines);
    }
    if (wanted.includes('managedByLabel')) {
      const label = { 'app.kubernetes.io/managed-by': `kustomize-${KUSTOMIZE_VERSION}` };
      object.metadata.labels = { ...object.metadata.labels, ...label };
    }
  }
}

function annotate(object: Open, key: string, lines: readonly string[]): void {
  const text = lines.map((line) => `${line}\n`).join('');
  object.metadata.annotations = { ...object.metadata.annotations, [key]: text };
}

/** As YAML, in the order of Origin's fields, which is not that of the alphabet. */
function linesOf({ path, configuredIn, configuredBy }: Origin): readonly string[] {
  const scalar = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${name}: ${stringifyYaml(value).trimEnd()}`];
  const { apiVersion, kind, name, namespace } = configuredBy ?? {};
  const by = [
    ...scalar('apiVersion', apiVersion),
    ...scalar('kind', kind),
    ...scalar('name', name),
    ...scalar('namespace', namespace),
  ];
  return [
    ...scalar('path', path),
    ...scalar('configuredIn', configuredIn),
    ...(by.length === 0 ? [] : ['configuredBy:', ...by.map((line) => `  ${line}`)]),
  ];
}
