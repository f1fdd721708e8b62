import { pairsFromKeys } from '../env/from-keys.ts';
import { command } from '../command.ts';
import { array, boolean, list, text } from '../flags/flag.ts';
import type { Mutable } from '../../api/meta.ts';
import type { Container, EnvVar, PodSpec } from '../../api/types/core-v1.ts';
import { locate, visitLive } from '../resource/builder.ts';
import { podSpecPath, withPodSpec } from '../resource/pod-spec.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { containersNamed, setFlags, setOnPodSpecs } from './set-change.ts';

export const setEnv = command({
  usage: 'RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N [options]',
  flags: {
    ...setFlags,
    containers: text('Names of the containers to change; wildcards work', {
      shorthand: 'c',
      value: '*',
    }),
    env: array('A variable to set: KEY=VALUE', { shorthand: 'e' }),
    from: text('A ConfigMap or Secret whose keys become variables, as "configmap/settings"'),
    keys: list('With --from: only these keys'),
    list: boolean('Print the variables instead of changing them'),
    overwrite: boolean('Replace variables that are set to something else', { on: true }),
    prefix: text('With --from: put before the names of the variables'),
    resolve: boolean('Accepted for compatibility'),
  },
  async run(session, { words, flags }) {
    const isChange = (word: string): boolean => word.includes('=') || /.-$/.test(word);
    const names = words.filter((word) => !isChange(word));
    const changes = [...flags.env, ...words.filter(isChange)];
    const builder = { ...flags, words: names };
    if (flags.list) return printVariables(session, builder, flags.containers);
    const references = flags.from === '' ? [] : await pairsFromKeys(session, flags);
    return setOnPodSpecs(session, {
      builder,
      flags,
      operation: 'env updated',
      change(spec) {
        for (const container of containersNamed(spec, flags.containers)) {
          changeVariables(container, { changes, references, overwrite: flags.overwrite });
        }
      },
    });
  },
});

function changeVariables(
  container: Mutable<Container>,
  given: {
    readonly changes: readonly string[];
    readonly references: readonly EnvVar[];
    readonly overwrite: boolean;
  },
): void {
  let env = [...(container.env ?? [])] as Mutable<EnvVar>[];
  const put = (variable: Mutable<EnvVar>): void => {
    const at = env.findIndex(({ name }) => name === variable.name);
    if (at < 0) env.push(variable);
    else if (given.overwrite) env[at] = variable;
    else
      throw new UsageError(
        `'${variable.name}' already has a value (${env[at]!.value ?? ''}), and --overwrite is false`,
      );
  };
  for (const reference of given.references) put(reference);
  for (const change of given.changes) {
    const equals = change.indexOf('=');
    if (equals < 0) env = env.filter(({ name }) => name !== change.slice(0, -1));
    else put({ name: change.slice(0, equals), value: change.slice(equals + 1) });
  }
  if (env.length === 0) delete container.env;
  else container.env = env;
}

async function printVariables(
  session: Session,
  builder: Parameters<typeof locate>[1],
  pattern: string,
): Promise<number> {
  const found = await locate(session, builder);
  return visitLive(session, found, async (located, live) => {
    const path = podSpecPath(live);
    if (path === undefined) return;
    withPodSpec(live, path, (spec: Mutable<PodSpec>) => {
      for (const container of containersNamed(spec, pattern)) {
        const { resource } = located.type;
        session.print(`# ${titled(resource)} ${located.name}, container ${container.name}`);
        for (const variable of container.env ?? []) session.print(variableText(variable));
      }
    });
  });

  function titled(resource: string): string {
    const singular = resource.replace(/s$/, '');
    return singular.charAt(0).toUpperCase() + singular.slice(1);
  }
}

function variableText(variable: EnvVar): string {
  const from = variable.valueFrom;
  if (from === undefined) return `${variable.name}=${variable.value ?? ''}`;
  if (from.secretKeyRef) {
    const { name, key } = from.secretKeyRef;
    return `# ${variable.name} from secret ${name}, key ${key}`;
  }
  if (from.configMapKeyRef) {
    const { name, key } = from.configMapKeyRef;
    return `# ${variable.name} from configmap ${name}, key ${key}`;
  }
  if (from.fieldRef) return `# ${variable.name} from field path ${from.fieldRef.fieldPath}`;
  return `# ${variable.name} from resource field`;
}
