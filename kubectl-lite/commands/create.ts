import type { KubernetesObject } from '../../api/meta.ts';
import { namespaces } from '../../api/resources.ts';
import { resourcePath } from '../../api/resource.ts';
import { failureText } from '../failure.ts';
import { placeOf, readManifest } from '../manifest/manifest.ts';
import { displayName, pathOf, UsageError } from '../resources.ts';
import type { Session } from '../session.ts';
import { withNamespace } from './apply.ts';

/** `create namespace NAME`. */
export async function createNamespace(session: Session, name: string): Promise<number> {
  const created = (await session.api.send({
    method: 'POST',
    path: resourcePath(namespaces),
    query: { fieldManager: 'kubectl-create', fieldValidation: 'Strict' },
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  })) as KubernetesObject;
  session.print(`namespace/${created.metadata.name} created`);
  return 0;
}

/** `create -f FILE`: every object must be new. */
export async function createFromFiles(
  session: Session,
  options: {
    readonly filename: readonly string[];
    readonly recursive: boolean;
    readonly namespace?: string;
  },
): Promise<number> {
  const { documents, failures } = await readManifest(
    session.files,
    options.filename,
    options.recursive,
  );
  for (const failure of failures) session.output.err(`error: ${failure.message}\n`);
  let failed = failures.length > 0;
  const resources = await session.resources();
  for (const document of documents) {
    try {
      const { apiVersion, kind } = document.object;
      const type = resources.ofKind(apiVersion, kind);
      if (type === undefined) {
        throw new UsageError(`error: no matches for kind "${kind}" in version "${apiVersion}"`);
      }
      const object = withNamespace(document.object, type, {
        required: options.namespace,
        fallback: session.namespace,
      });
      const created = (await session.api.send({
        method: 'POST',
        path: pathOf(type, object.metadata.namespace),
        query: { fieldManager: 'kubectl-create', fieldValidation: 'Strict' },
        body: object,
      })) as KubernetesObject;
      session.print(`${displayName(type, created.metadata.name ?? '')} created`);
    } catch (error) {
      failed = true;
      session.output.err(`${failureText(error, `error when creating ${placeOf(document)}`)}\n`);
    }
  }
  return failed ? 1 : 0;
}
