/** What containers for debugging have in common, wherever they run. */
import { parseYaml } from '../../api/yaml.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { UsageError } from '../usage-error.ts';
import type { DebugRequest } from './request.ts';
import type { OpenContainer } from './profiles.ts';

/** The name asked for, or one that no container of the pod has. */
export async function containerName(
  { session, line: { flags } }: DebugRequest,
  { spec }: Pod,
): Promise<string> {
  if (flags.container !== '') return flags.container;
  const taken = [
    ...spec.containers,
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ].map(({ name }) => name);
  let name: string;
  do name = `debugger-${await session.environment.randomName(5)}`;
  while (taken.includes(name));
  if (!flags.quiet) session.print(`Defaulting debug container name to ${name}.`);
  return name;
}

export const variables = ({ line: { flags } }: DebugRequest) =>
  flags.env.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new UsageError(`${pair} must be formatted as key=value`);
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });

export function newContainer(request: DebugRequest, name: string): OpenContainer {
  const { line, args } = request;
  const { flags } = line;
  const env = variables(request);
  const words = flags['arguments-only'] ? { args: [...args] } : { command: [...args] };
  return {
    ...(args.length > 0 ? words : {}),
    ...(env.length > 0 ? { env } : {}),
    image: flags.image,
    ...(flags['image-pull-policy'] === '' ? {} : { imagePullPolicy: flags['image-pull-policy'] }),
    name,
    ...(flags.stdin ? { stdin: true } : {}),
    terminationMessagePolicy: 'File',
    ...(flags.tty ? { tty: true } : {}),
  };
}

const fixed = ['name', 'command', 'image', 'lifecycle', 'volumeDevices'];

/** Merges the file of --custom over the container. */
export async function customize(
  { session, line: { flags } }: DebugRequest,
  container: OpenContainer,
): Promise<void> {
  if (flags.custom === '') return;
  const custom = parseYaml(await session.files.read(flags.custom)) as Record<string, unknown>;
  if (fixed.some((field) => custom[field] !== undefined)) {
    throw new UsageError(
      'name, command, image, lifecycle and volume devices are not modifiable via custom profile',
    );
  }
  const { applyStrategicMergePatch } = await import('../../api/patch/strategic-merge-patch.ts');
  const { definitionOf } = await import('../../api/schema/table.ts');
  const pods = definitionOf({ group: '', version: 'v1', kind: 'Pod' })!;
  const wrapped = { spec: { containers: [{ ...container }] } };
  const patch = { spec: { containers: [{ ...custom, name: container.name }] } };
  const merged = applyStrategicMergePatch(pods, wrapped, patch) as unknown as typeof wrapped;
  Object.assign(container, merged.spec.containers[0]);
}
