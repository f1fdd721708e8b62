/** `config set PROPERTY VALUE` and `config unset PROPERTY`: one field, by its dotted path. */
import { localCommand } from '../command.ts';
import { boolean } from '../flags/flag.ts';
import { UsageError } from '../usage-error.ts';
import { ConfigFiles, type Fields, type Section } from './files.ts';

const sections: readonly string[] = ['clusters', 'contexts', 'users'];
const booleans = ['insecure-skip-tls-verify', 'disable-compression'];

/** "clusters.my.cluster.server": the section, the entry's name, which may have dots, the field. */
function pathOf(property: string): { section: Section; name: string; field: string | undefined } {
  const [section = '', ...rest] = property.split('.');
  if (!sections.includes(section)) {
    throw new UsageError(`unable to parse one or more field selectors: ${property}`);
  }
  if (rest.length === 0) throw new UsageError(`expected ${section}.NAME[.FIELD]`);
  const field = rest.length > 1 ? rest.at(-1) : undefined;
  const name = (field === undefined ? rest : rest.slice(0, -1)).join('.');
  return { section: section as Section, name, field };
}

export const setProperty = localCommand({
  usage: 'PROPERTY_NAME PROPERTY_VALUE [options]',
  flags: { 'set-raw-bytes': boolean('The value of a ...-data field is given as it is') },
  async runLocally(environment, { words, flags }) {
    const [property, value] = words;
    if (words.length !== 2 || !property || value === undefined) {
      throw new UsageError(`Unexpected args: [${words.join(' ')}]`);
    }
    const files = await ConfigFiles.read(environment, flags);
    if (property === 'current-context') files.currentContext = value;
    else {
      const { section, name, field } = pathOf(property);
      if (field === undefined) {
        throw new UsageError(`can't set a map to a value: ${value}`);
      }
      const fields: Fields = { ...files.entries(section).get(name) };
      fields[field] = valueOf(field, value, flags['set-raw-bytes']);
      files.set(section, name, fields);
    }
    await files.save();
    environment.output.out(`Property "${property}" set.\n`);
    return 0;
  },
});

function valueOf(field: string, value: string, raw: boolean): unknown {
  if (booleans.includes(field)) {
    if (value === 'true' || value === 'false') return value === 'true';
    throw new UsageError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  if (!field.endsWith('-data')) return value;
  if (raw) return Buffer.from(value).toString('base64');
  // Lines as `base64` breaks them are no part of the value.
  const whole = value.replaceAll(/[\r\n]/g, '');
  if (Buffer.from(whole, 'base64').toString('base64') === whole) return whole;
  throw new UsageError(`error decoding base64: ${field}`);
}

export const unsetProperty = localCommand({
  usage: 'PROPERTY_NAME [options]',
  flags: {},
  async runLocally(environment, { words, flags }) {
    const [property] = words;
    if (words.length !== 1 || !property) {
      throw new UsageError(`Unexpected args: [${words.join(' ')}]`);
    }
    const files = await ConfigFiles.read(environment, flags);
    unset(files, property);
    await files.save();
    environment.output.out(`Property "${property}" unset.\n`);
    return 0;
  },
});

function unset(files: ConfigFiles, property: string): void {
  if (property === 'current-context') {
    files.currentContext = '';
    return;
  }
  if (sections.includes(property)) {
    const section = property as Section;
    for (const name of files.entries(section).keys()) files.remove(section, name);
    return;
  }
  const { section, name, field } = pathOf(property);
  const entries = files.entries(section);
  if (field === undefined || (entries.get(name) === undefined && entries.has(`${name}.${field}`))) {
    const whole = field === undefined ? name : `${name}.${field}`;
    files.remove(section, whole);
    return;
  }
  const fields = entries.get(name);
  if (fields === undefined) throw new UsageError(`current map key \`${name}\` is invalid`);
  const { [field]: _, ...rest } = fields;
  files.set(section, name, rest);
}
