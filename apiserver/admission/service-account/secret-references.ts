import type { Container, PodSpec, ServiceAccount } from '../../../api/types/core-v1.ts';

/** The fault of a pod that uses secrets which its account does not list. */
export function unlistedSecret(account: ServiceAccount, spec: PodSpec): string | undefined {
  const name = account.metadata.name!;
  const secrets = new Set((account.secrets ?? []).map((secret) => secret.name));
  const notListed = `is not allowed because service account ${name} does not reference that`;
  for (const { secret } of spec.volumes ?? [])
    if (secret !== undefined && !secrets.has(secret.secretName))
      return `volume with secret.secretName="${secret.secretName}" ${notListed} secret`;
  const ofContainers = [
    ...(spec.initContainers ?? []).map((each) => environmentFault(each, 'init container', secrets)),
    ...spec.containers.map((each) => environmentFault(each, 'container', secrets)),
  ].find((fault) => fault !== undefined);
  if (ofContainers !== undefined) return `${ofContainers} ${notListed} secret`;
  const pullSecrets = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name));
  const index = (spec.imagePullSecrets ?? []).findIndex((secret) => !pullSecrets.has(secret.name));
  if (index < 0) return undefined;
  const unlisted = spec.imagePullSecrets?.[index]?.name;
  return `imagePullSecrets[${index}].name="${unlisted}" ${notListed} imagePullSecret`;
}

function environmentFault(
  { name, env = [] }: Container,
  what: string,
  secrets: ReadonlySet<string | undefined>,
): string | undefined {
  for (const { name: variable, valueFrom } of env) {
    const secret = valueFrom?.secretKeyRef?.name;
    if (secret !== undefined && !secrets.has(secret))
      return `${what} ${name} with envVar ${variable} referencing secret.secretName="${secret}"`;
  }
  return undefined;
}
