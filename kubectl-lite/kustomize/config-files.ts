/** `configurations` and `crds`: files that say which fields transformers are to know. */
import { isObject } from '../../api/deep.ts';
import { MalformedYaml, parseYaml } from '../../api/yaml.ts';
import { UsageError } from '../usage-error.ts';
import { fieldLists, mergedConfig, type TransformerConfig } from './config.ts';
import { configOfDefinitions } from './crds.ts';

/** The config with what the files say. */
export async function withFiles(
  config: TransformerConfig,
  files: { readonly configurations: readonly string[]; readonly crds: readonly string[] },
  read: (path: string) => Promise<string>,
): Promise<TransformerConfig> {
  let all = config;
  for (const path of files.configurations) {
    all = mergedConfig(all, checked(parsed(await read(path)), path));
  }
  for (const path of files.crds) {
    const value = parsed(await read(path));
    all = mergedConfig(all, configOfDefinitions(value));
  }
  return all;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value = parseYaml(text) ?? {};
    if (isObject(value)) return value;
    throw new UsageError('the document is no object');
  } catch (error) {
    if (!(error instanceof MalformedYaml)) throw error;
    throw new UsageError(error.message);
  }
}

function checked(
  value: Readonly<Record<string, unknown>>,
  path: string,
): Partial<TransformerConfig> {
  const known: readonly string[] = [...fieldLists, 'nameReference'];
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  if (unknown === undefined) return value;
  throw new UsageError(`${path}: unknown field ${JSON.stringify(unknown)}`);
}
