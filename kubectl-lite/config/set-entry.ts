/** set-cluster, set-context, set-credentials: the fields of one entry, by flags. */
import { type AnyCommand, type Line, localCommand } from '../command.ts';
import { array, boolean, list, text, type Flags } from '../flags/flag.ts';
import type { Environment } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { ConfigFiles, type Fields } from './files.ts';

const setClusterFlags = {
  'embed-certs': boolean('Put the certificate itself into the kubeconfig'),
  'proxy-url': text('A proxy on the way to this cluster'),
} as const;

/** Sets `fields[name]`, or removes it if empty; flags that were not given change nothing. */
function take(
  fields: Fields,
  line: { readonly given: ReadonlySet<string>; readonly flags: object },
  name: string,
): void {
  if (!line.given.has(name)) return;
  const value = (line.flags as Record<string, unknown>)[name];
  if (value === '' || value === false) delete fields[name];
  else fields[name] = value;
}

/** A file by its path, or embedded as base64. */
async function takeFile(
  environment: Environment,
  fields: Fields,
  file: { readonly name: string; readonly path: string; readonly embed: boolean },
): Promise<void> {
  const { name, path, embed } = file;
  delete fields[name];
  delete fields[`${name}-data`];
  if (path === '') return;
  if (!embed) {
    fields[name] = path.startsWith('/') ? path : `${environment.workingFolder}/${path}`;
    return;
  }
  const bytes = await environment.disk.read(path);
  if (bytes === undefined) {
    throw new UsageError(
      `could not read ${name} data from ${path}: open ${path}: ` + 'no such file or directory',
    );
  }
  fields[`${name}-data`] = Buffer.from(bytes).toString('base64');
}

function oneName(words: readonly string[]): string {
  if (words.length === 1 && words[0] !== '') return words[0]!;
  throw new UsageError(`Unexpected args: [${words.join(' ')}]`);
}

export const setCluster: AnyCommand = localCommand({
  usage:
    'NAME [--server=server] [--certificate-authority=path/to/certificate/authority] ' +
    '[--insecure-skip-tls-verify=true] [--tls-server-name=example.com] [options]',
  flags: setClusterFlags,
  async runLocally(environment, line) {
    const name = oneName(line.words);
    const { flags, given } = line;
    const files = await ConfigFiles.read(environment, flags);
    const fields: Fields = { ...files.entries('clusters').get(name) };
    take(fields, line, 'server');
    take(fields, line, 'tls-server-name');
    take(fields, line, 'proxy-url');
    take(fields, line, 'insecure-skip-tls-verify');
    if (fields['insecure-skip-tls-verify'] === true && given.has('insecure-skip-tls-verify')) {
      delete fields['certificate-authority'];
      delete fields['certificate-authority-data'];
    }
    if (given.has('certificate-authority')) {
      await takeFile(environment, fields, {
        name: 'certificate-authority',
        path: flags['certificate-authority'],
        embed: flags['embed-certs'],
      });
      if (flags['certificate-authority'] !== '') delete fields['insecure-skip-tls-verify'];
    }
    files.set('clusters', name, fields);
    await files.save();
    environment.output.out(`Cluster "${name}" set.\n`);
    return 0;
  },
});

export const setContext: AnyCommand = localCommand({
  usage:
    '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] ' +
    '[--namespace=namespace] [options]',
  flags: { current: boolean('Change the current context') },
  async runLocally(environment, line) {
    const { words, flags } = line;
    const files = await ConfigFiles.read(environment, flags);
    if (words.length > 1) throw new UsageError(`Unexpected args: [${words.join(' ')}]`);
    const [given = ''] = words;
    if (given !== '' && flags.current) {
      throw new UsageError('you cannot specify both a context name and --current');
    }
    if (given === '' && !flags.current) {
      throw new UsageError('you must specify a non-empty context name or --current');
    }
    const name = flags.current ? files.currentContext : given;
    if (name === '') throw new UsageError('no current context is set');
    const before = files.entries('contexts').get(name);
    const fields: Fields = { ...before };
    for (const field of ['cluster', 'user', 'namespace']) take(fields, line, field);
    files.set('contexts', name, { cluster: '', user: '', ...fields });
    await files.save();
    const done = before === undefined ? 'created' : 'modified';
    environment.output.out(`Context "${name}" ${done}.\n`);
    return 0;
  },
});

const credentialFlags = {
  'auth-provider': text('Auth providers are no longer supported by clients'),
  'auth-provider-arg': list('Auth providers are no longer supported by clients'),
  'exec-interactive-mode': text('"Never", "IfAvailable" or "Always": may the plugin ask'),
  'exec-provide-cluster-info': boolean('Tell the plugin of the cluster'),
  'embed-certs': boolean('Put certificate and key themselves into the kubeconfig'),
  'exec-api-version': text('API version of the exec credential plugin'),
  'exec-arg': array('Arguments of the exec credential plugin'),
  'exec-command': text('Command of the exec credential plugin'),
  'exec-env': array('"key=value" environment of the exec credential plugin'),
  password: text('Password for basic authentication'),
  username: text('User name for basic authentication'),
} as const;

export const setCredentials: AnyCommand = localCommand({
  usage:
    'NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] ' +
    '[--token=bearer_token] [--username=basic_user] [--password=basic_password] ' +
    '[--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] ' +
    '[--exec-env=key=value] [options]',
  flags: credentialFlags,
  async runLocally(environment, line) {
    const name = oneName(line.words);
    const { flags, given } = line;
    if (flags['auth-provider'] !== '' || flags['auth-provider-arg'].length > 0) {
      throw new UsageError('auth providers are not supported: use --exec-command');
    }
    if (flags.token !== '' && (flags.username !== '' || flags.password !== '')) {
      throw new UsageError(
        'you cannot specify more than one authentication method at the same time: --token, ' +
          '--username/--password',
      );
    }
    const files = await ConfigFiles.read(environment, flags);
    const fields: Fields = { ...files.entries('users').get(name) };
    for (const file of ['client-certificate', 'client-key'] as const) {
      if (!given.has(file)) continue;
      const embed = flags['embed-certs'];
      await takeFile(environment, fields, { name: file, path: flags[file], embed });
    }
    if (flags.token !== '')
      ['username', 'password', 'tokenFile'].forEach((key) => delete fields[key]);
    if (flags.username !== '') delete fields['token'];
    for (const field of ['token', 'username', 'password']) take(fields, line, field);
    setExec(fields, line);
    files.set('users', name, fields);
    await files.save();
    environment.output.out(`User "${name}" set.\n`);
    return 0;
  },
});

function setExec(fields: Fields, { flags, given }: Line<typeof credentialFlags & Flags>): void {
  if (![...given].some((flag) => flag.startsWith('exec-'))) return;
  const before = (fields['exec'] ?? {}) as Fields;
  const exec: Fields = {
    apiVersion: '',
    args: null,
    command: '',
    env: null,
    provideClusterInfo: false,
    ...before,
  };
  const command = flags['exec-command'];
  if (command !== '') exec['command'] = command;
  const version = flags['exec-api-version'];
  if (version !== '') exec['apiVersion'] = version;
  const mode = flags['exec-interactive-mode'];
  if (mode !== '') exec['interactiveMode'] = mode;
  if (given.has('exec-provide-cluster-info')) {
    exec['provideClusterInfo'] = flags['exec-provide-cluster-info'];
  }
  if (given.has('exec-arg')) exec['args'] = flags['exec-arg'];
  if (given.has('exec-env')) {
    exec['env'] = flags['exec-env']
      .filter((pair) => !pair.endsWith('-'))
      .map((pair) => {
        const equals = pair.indexOf('=');
        return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
      });
  }
  fields['exec'] = exec;
}
