import { pairsFromKeys } from '../env/from-keys.ts';
import { command } from '../command.ts';
import { array, boolean, list, text } from '../flags/flag.ts';
import type { Mutable } from '../../api/meta.ts';
import type { Container, EnvVar } from '../../api/types/core-v1.ts';
import { containersNamed } from '../resource/pod-spec.ts';
import { UsageError } from '../usage-error.ts';
import { setFlags, setOnPodSpecs } from './set-change.ts';

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
    resolve: boolean('With --list: the values that variables get from ConfigMaps and Secrets'),
  },
  async run(session, { words, flags }) {
    const isChange = (word: string): boolean => word.indexOf('=') > 0 || /.-$/.test(word);
    if (words.includes('-') && flags.filename.includes('-')) {
      throw new UsageError('standard input cannot be used for multiple arguments');
    }
    const given = [...flags.env, ...words.filter(isChange)];
    if (words.includes('-')) given.push(...linesIn(await session.files.read('-')));
    const changes = given.map(changeIn);
    const names = words.filter((word) => word !== '-' && !isChange(word));
    const builder = { ...flags, words: names };
    if (flags.list) {
      const { listVariables } = await import('../env/list-variables.ts');
      return listVariables(session, builder, flags);
    }
    const references = flags.from === '' ? [] : await pairsFromKeys(session, flags);
    return setOnPodSpecs(session, {
      builder,
      flags,
      operation: 'env updated',
      refused: 'failed to patch env update to pod template:',
      change(spec, { type, name }) {
        const containers = containersNamed(spec, flags.containers);
        if (containers.length === 0) {
          session.complain(
            `Warning: ${type.kind}/${name} does not have any containers matching ` +
              JSON.stringify(flags.containers),
          );
        }
        const { overwrite } = flags;
        for (const container of containers) {
          const taken = changeVariables(container, { changes, references, overwrite });
          if (taken === undefined) continue;
          throw new UsageError(
            `${type.resource}/${name} '${taken.name}' already has a value ` +
              `(${taken.value ?? ''}), and --overwrite is false`,
          );
        }
      },
    });
  },
});

/** The variables of standard input: lines that are neither blank nor comments. */
const linesIn = (input: string): readonly string[] =>
  input.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));

interface Change {
  readonly name: string;
  /** Undefined: the variable goes. */
  readonly value: string | undefined;
}

/** "A=b", or "A-". Throws UsageError if no variable can be called so. */
function changeIn(text: string): Change {
  const equals = text.indexOf('=');
  if (equals < 0) return { name: text.slice(0, -1), value: undefined };
  const name = text.slice(0, equals);
  if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) {
    throw new UsageError(
      `${JSON.stringify(name)} is not a valid key name: a valid environment variable name must ` +
        "consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a " +
        "digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for " +
        "validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
    );
  }
  return { name, value: text.slice(equals + 1) };
}

/** The variable that may not be overwritten, if there is one. */
function changeVariables(
  container: Mutable<Container>,
  given: {
    readonly changes: readonly Change[];
    readonly references: readonly EnvVar[];
    readonly overwrite: boolean;
  },
): EnvVar | undefined {
  let env = [...(container.env ?? [])] as Mutable<EnvVar>[];
  const set = given.changes.flatMap(({ name, value }) =>
    value === undefined ? [] : [{ name, value }],
  );
  for (const variable of [...given.references, ...set]) {
    const at = env.findIndex(({ name }) => name === variable.name);
    if (at >= 0 && !given.overwrite) return env[at];
    if (at < 0) env.push(variable);
    else env[at] = variable;
  }
  const gone = given.changes.filter(({ value }) => value === undefined);
  env = env.filter(({ name }) => !gone.some((change) => change.name === name));
  if (env.length === 0) delete container.env;
  else container.env = env;
  return undefined;
}
