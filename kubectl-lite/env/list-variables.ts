/** `set env --list`: the variables of containers, and where their values come from. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { EnvVar, EnvVarSource } from '../../api/types/core-v1.ts';
import { type BuilderRequest, locate, visitLive } from '../resource/builder.ts';
import { containersNamed, podSpecPath, withPodSpec } from '../resource/pod-spec.ts';
import type { Session } from '../session.ts';

export async function listVariables(
  session: Session,
  builder: BuilderRequest,
  { containers: pattern, resolve }: { readonly containers: string; readonly resolve: boolean },
): Promise<number> {
  const found = await locate(session, builder);
  return visitLive(session, found, async ({ type, name, namespace }, live) => {
    const path = podSpecPath(live);
    if (path === undefined) return;
    const containers: { readonly name: string; readonly env?: readonly EnvVar[] }[] = [];
    withPodSpec(live, path, (spec) => containers.push(...containersNamed(spec, pattern)));
    for (const container of containers) {
      session.print(`# ${type.kind} ${name}, container ${container.name}`);
      for (const variable of container.env ?? []) {
        const value = resolve ? await valueOf(session, namespace, variable) : variable.value;
        const isKnown = variable.valueFrom === undefined || value !== undefined;
        session.print(
          isKnown
            ? `${variable.name}=${value ?? ''}`
            : referenceText(variable.name, variable.valueFrom),
        );
      }
    }
  });
}

/** Its own, or the one that the object it refers to has; undefined if that cannot be told here. */
async function valueOf(
  session: Session,
  namespace: string | undefined,
  { value, valueFrom }: EnvVar,
): Promise<string | undefined> {
  const secret = valueFrom?.secretKeyRef;
  const reference = secret ?? valueFrom?.configMapKeyRef;
  if (reference === undefined) return value;
  const resource = secret === undefined ? 'configmaps' : 'secrets';
  const path = `/api/v1/namespaces/${namespace}/${resource}/${reference.name}`;
  const object = (await session.api.send({ method: 'GET', path })) as KubernetesObject & {
    readonly data?: Readonly<Record<string, string>>;
  };
  const text = object.data?.[reference.key];
  if (secret === undefined || text === undefined) return text;
  return Buffer.from(text, 'base64').toString();
}

function referenceText(name: string, from: EnvVarSource): string {
  const { secretKeyRef: secret, configMapKeyRef: map, fieldRef: field } = from;
  if (secret) return `# ${name} from secret ${secret.name}, key ${secret.key}`;
  if (map) return `# ${name} from configmap ${map.name}, key ${map.key}`;
  if (field) return `# ${name} from field path ${field.fieldPath}`;
  return `# ${name} from resource field`;
}
