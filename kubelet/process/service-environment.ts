/** The variables by which pods find services, as Docker's links once did. */
import type { Service } from '../../api/types/core-v1.ts';

const named = (name: string): string => name.toUpperCase().replaceAll('-', '_');

function variablesOf({ metadata, spec }: Service): [string, string][] {
  const ip = spec?.clusterIP;
  const ports = spec?.ports ?? [];
  const [first] = ports;
  if (ip === undefined || ip === '' || ip === 'None' || first === undefined) return [];
  const prefix = named(metadata.name ?? '');
  const url = (port: (typeof ports)[number]): string =>
    `${(port.protocol ?? 'TCP').toLowerCase()}://${ip}:${port.port}`;
  return [
    [`${prefix}_SERVICE_HOST`, ip],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports
      .filter(({ name }) => name !== undefined && name !== '')
      .map(({ name, port }): [string, string] => [
        `${prefix}_SERVICE_PORT_${named(name!)}`,
        String(port),
      ]),
    [`${prefix}_PORT`, url(first)],
    ...ports.flatMap((port): [string, string][] => {
      const protocol = port.protocol ?? 'TCP';
      const of = `${prefix}_PORT_${port.port}_${protocol}`;
      return [
        [of, url(port)],
        [`${of}_PROTO`, protocol.toLowerCase()],
        [`${of}_PORT`, String(port.port)],
        [`${of}_ADDR`, ip],
      ];
    }),
  ];
}

/** The API server's always; the others of the pod's namespace with its service links. */
export function serviceEnvironment(
  services: readonly Service[],
  pod: { readonly namespace: string; readonly links: boolean },
): Map<string, string> {
  const isApi = ({ metadata }: Service): boolean =>
    metadata.namespace === 'default' && metadata.name === 'kubernetes';
  const seen = services.filter(
    (service) => isApi(service) || (pod.links && service.metadata.namespace === pod.namespace),
  );
  return new Map(seen.flatMap(variablesOf));
}
