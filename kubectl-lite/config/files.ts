/**
 * The kubeconfig files as `config` changes them: entries are found in the file that has them and
 * changed there; new ones go to the default file (client-go's ModifyConfig).
 */
import { isObject } from '../../api/deep.ts';
import { MalformedYaml, parseYaml } from '../../api/yaml.ts';
import { stringifyYaml } from '../../api/yaml-text.ts';
import type { GlobalValues } from '../flags/global.ts';
import { sortKeys } from '../../api/go-json.ts';
import { kubeconfigPaths } from '../connect.ts';
import type { Environment } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export type Section = 'clusters' | 'contexts' | 'users';

/** What an entry of a section holds its fields under. */
export const fieldOf = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;

export type Fields = Record<string, unknown>;

interface ConfigFile {
  readonly path: string;
  readonly exists: boolean;
  readonly raw: Fields;
  changed: boolean;
}

export class ConfigFiles {
  readonly #environment: Environment;
  readonly #files: readonly ConfigFile[];

  private constructor(environment: Environment, files: readonly ConfigFile[]) {
    this.#environment = environment;
    this.#files = files;
  }

  static async read(environment: Environment, flags: GlobalValues): Promise<ConfigFiles> {
    const files: ConfigFile[] = [];
    for (const path of await kubeconfigPaths(environment, flags)) {
      const bytes = await environment.disk.read(path);
      const raw = bytes === undefined ? {} : parsed(path, Buffer.from(bytes).toString());
      files.push({ path, exists: bytes !== undefined, raw, changed: false });
    }
    return new ConfigFiles(environment, files);
  }

  /** Where new entries go: the first file that exists, else the last of the list. */
  get defaultPath(): string {
    return this.#default().path;
  }

  /** Entries by name; of each name the first file's. */
  entries(section: Section): Map<string, Fields> {
    const found = new Map<string, Fields>();
    for (const { raw } of this.#files) {
      for (const entry of listOf(raw, section)) {
        const name = entry['name'] as string;
        if (!found.has(name)) found.set(name, (entry[fieldOf[section]] ?? {}) as Fields);
      }
    }
    return found;
  }

  /** "" if there is none. */
  get currentContext(): string {
    for (const { raw } of this.#files) {
      const current = raw['current-context'];
      if (typeof current === 'string' && current !== '') return current;
    }
    return '';
  }

  set currentContext(name: string) {
    const holder =
      this.#files.find(({ raw }) => raw['current-context'] === this.currentContext) ??
      this.#default();
    const file = name === '' ? holder : this.#files.length === 1 ? this.#files[0]! : holder;
    file.raw['current-context'] = name;
    file.changed = true;
  }

  set(section: Section, name: string, fields: Fields): void {
    const file = this.#holder(section, name) ?? this.#default();
    const list = listOf(file.raw, section);
    const entry = { name, [fieldOf[section]]: fields };
    const at = list.findIndex((one) => one['name'] === name);
    if (at < 0) list.push(entry);
    else list[at] = entry;
    file.raw[section] = list;
    file.changed = true;
  }

  /** The file that had it; undefined if none did. */
  remove(section: Section, name: string): string | undefined {
    const file = this.#holder(section, name);
    if (file === undefined) return undefined;
    file.raw[section] = listOf(file.raw, section).filter((entry) => entry['name'] !== name);
    file.changed = true;
    return file.path;
  }

  /** The path of a file that an entry names, which may be relative to the entry's own file. */
  resolved(section: Section, name: string, path: string): string {
    if (path.startsWith('/')) return path;
    const own = this.#holder(section, name)?.path ?? '';
    const folder = own.slice(0, own.lastIndexOf('/') + 1);
    return normalizedPath(`${folder}${path}`);
  }

  /** All files as one, sorted by name as kubectl writes them. */
  merged(): Fields {
    const section = (name: Section): Fields[] | null => {
      const entries = [...this.entries(name)].sort(([a], [b]) => (a < b ? -1 : 1));
      if (entries.length === 0) return null;
      return entries.map(([key, fields]) => ({ [fieldOf[name]]: withNulls(fields), name: key }));
    };
    const preferences = this.#files.map(({ raw }) => raw['preferences']).find(isObject) ?? {};
    return {
      apiVersion: 'v1',
      clusters: section('clusters'),
      contexts: section('contexts'),
      'current-context': this.currentContext,
      kind: 'Config',
      preferences,
      users: section('users'),
    };
  }

  async save(): Promise<void> {
    for (const { path, raw, changed } of this.#files) {
      if (!changed) continue;
      const sorted = (name: Section): unknown => {
        const list = [...listOf(raw, name)].sort((a, b) => (a['name']! < b['name']! ? -1 : 1));
        return list.length === 0 ? null : list;
      };
      const whole = {
        preferences: {},
        'current-context': '',
        ...raw,
        apiVersion: 'v1',
        kind: 'Config',
        clusters: sorted('clusters'),
        contexts: sorted('contexts'),
        users: sorted('users'),
      };
      await this.#environment.disk.write(path, stringifyYaml(sortKeys(whole)));
    }
  }

  #holder(section: Section, name: string): ConfigFile | undefined {
    return this.#files.find(({ raw }) =>
      listOf(raw, section).some((entry) => entry['name'] === name),
    );
  }

  #default(): ConfigFile {
    return this.#files.find(({ exists }) => exists) ?? this.#files.at(-1)!;
  }
}

/** kubectl shows these fields of a program, though they are empty. */
function withNulls(fields: Fields): Fields {
  const { exec } = fields;
  if (!isObject(exec)) return fields;
  return { ...fields, exec: { args: null, env: null, provideClusterInfo: false, ...exec } };
}

function normalizedPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && !['', '..'].includes(parts.at(-1)!)) parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function listOf(raw: Fields, section: Section): Fields[] {
  const list = raw[section];
  return Array.isArray(list) ? (list as unknown[]).filter(isObject) : [];
}

function parsed(path: string, content: string): Fields {
  try {
    const value = parseYaml(content) ?? {};
    if (isObject(value)) return ofKind(path, value);
  } catch (error) {
    if (!(error instanceof MalformedYaml)) throw error;
    throw new UsageError(`error loading config file "${path}": ${error.message}`);
  }
  throw new UsageError(`error loading config file "${path}": not a kubeconfig`);
}

/** Throws UsageError for a file that says it is something else. */
function ofKind(path: string, value: Fields): Fields {
  const { apiVersion = 'v1', kind = 'Config' } = value as { apiVersion?: string; kind?: string };
  if ((apiVersion || 'v1') === 'v1' && (kind || 'Config') === 'Config') return value;
  const why = `no kind ${JSON.stringify(kind)} is registered for version "${apiVersion}"`;
  throw new UsageError(`error loading config file "${path}": ${why}`);
}
