/** KubeSchedulerConfiguration's `extenders`: what each is asked, where and how. */
import {
  duplicate,
  forbidden,
  invalid,
  required,
  type FieldError,
} from '../../api/field-errors.ts';
import type { ExtenderConfiguration } from '../extenders/http-extender.ts';
import type { Fields } from './fields.ts';

/** Certificates as the configuration gives them: a file's name, or the PEM in base64. */
export interface TlsConfiguration {
  /** For errors about files. */
  readonly field: string;
  readonly insecure: boolean;
  readonly serverName?: string;
  readonly ca?: Pem;
  readonly cert?: Pem;
  readonly key?: Pem;
}

export type Pem = { readonly field: string } & (
  { readonly file: string } | { readonly text: string }
);

export interface ConfiguredExtender extends ExtenderConfiguration {
  readonly tls: TlsConfiguration;
  /** Extended resources that NodeResourcesFit does not look at: the extender does. */
  readonly ignoredByScheduler: readonly string[];
}

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 120_000;
const MAX_WEIGHT = 2 ** 31 - 1;

export function readExtenders(root: Fields): readonly ConfiguredExtender[] {
  const seen = new Set<string>();
  const read = root.objects('extenders').map((fields) => readExtender(fields, seen));
  const binders = read.filter(({ bindVerb }) => bindVerb !== undefined).length;
  if (binders > 1) {
    const found = `found ${binders} extenders implementing bind`;
    root.report(invalid('extenders', found, 'only one extender can implement bind'));
  }
  return read;
}

/** An empty verb is none, as in Go. */
const verb = (fields: Fields, name: string): Record<string, string> => {
  const text = fields.text(name);
  return text === undefined || text === '' ? {} : { [name]: text };
};

function readExtender(fields: Fields, seen: Set<string>): ConfiguredExtender {
  const urlPrefix = fields.text('urlPrefix') ?? '';
  const enableHttps = fields.flag('enableHTTPS') ?? false;
  checkUrl(fields, urlPrefix, enableHttps);
  const verbs = {
    ...verb(fields, 'filterVerb'),
    ...verb(fields, 'prioritizeVerb'),
    ...verb(fields, 'preemptVerb'),
    ...verb(fields, 'bindVerb'),
  };
  const weight = fields.integer('weight', { min: -MAX_WEIGHT, max: MAX_WEIGHT }) ?? 0;
  if ('prioritizeVerb' in verbs && weight <= 0) {
    const detail = 'must have a positive weight applied to it';
    fields.report(invalid(fields.at('weight'), weight, detail));
  }
  const timeoutMs = fields.duration('httpTimeout') ?? DEFAULT_TIMEOUT_MS;
  if (timeoutMs > MAX_TIMEOUT_MS) {
    const detail = `must not be longer than ${MAX_TIMEOUT_MS / 1000}s`;
    fields.report(invalid(fields.at('httpTimeout'), fields.text('httpTimeout'), detail));
  }
  const managed = managedResources(fields, seen);
  const tls = tlsConfig(fields.object('tlsConfig'), fields.at('tlsConfig'), enableHttps);
  const read = {
    urlPrefix,
    ...verbs,
    weight,
    timeoutMs,
    tls,
    nodeCacheCapable: fields.flag('nodeCacheCapable') ?? false,
    managedResources: new Set(managed.map(({ name }) => name)),
    ignoredByScheduler: managed.filter(({ ignored }) => ignored).map(({ name }) => name),
    ignorable: fields.flag('ignorable') ?? false,
  };
  fields.end();
  return read;
}

function checkUrl(fields: Fields, urlPrefix: string, enableHttps: boolean): void {
  const field = fields.at('urlPrefix');
  if (urlPrefix === '') return fields.report(required(field));
  const url = URL.canParse(urlPrefix) ? new URL(urlPrefix) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    return fields.report(invalid(field, urlPrefix, 'must be an http or https address'));
  if (enableHttps && url.protocol === 'http:')
    fields.report(invalid(field, urlPrefix, 'must be an https address when enableHTTPS is true'));
}

/** As IsExtendedResourceName: a qualified name outside kubernetes.io. */
function isExtendedResource(name: string): boolean {
  const [domain = '', local = '', ...rest] = name.split('/');
  if (rest.length > 0 || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(domain)) return false;
  if (domain === 'kubernetes.io' || domain.endsWith('.kubernetes.io')) return false;
  if (name.startsWith('requests.')) return false;
  return local.length <= 63 && /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/.test(local);
}

function managedResources(
  fields: Fields,
  seen: Set<string>,
): readonly { readonly name: string; readonly ignored: boolean }[] {
  return fields.objects('managedResources').map((entry) => {
    const name = entry.required('name', entry.text('name')) ?? '';
    const ignored = entry.flag('ignoredByScheduler') ?? false;
    const at = entry.at('name');
    if (!isExtendedResource(name))
      entry.report(invalid(at, name, 'is an invalid extended resource name'));
    if (seen.has(name)) entry.report(duplicate(at, name));
    seen.add(name);
    entry.end();
    return { name, ignored };
  });
}

function tlsConfig(
  fields: Fields | undefined,
  field: string,
  enableHttps: boolean,
): TlsConfiguration {
  if (fields === undefined) return { field, insecure: enableHttps };
  const errors: FieldError[] = [];
  const pem = (name: 'ca' | 'cert' | 'key'): Pem | undefined => {
    const file = fields.text(`${name}File`);
    const base64 = fields.text(`${name}Data`);
    // As in client-go, data wins over a file.
    if (base64 !== undefined) {
      const text = Buffer.from(base64, 'base64').toString('utf8');
      const at = fields.at(`${name}Data`);
      if (!text.includes('-----BEGIN')) errors.push(invalid(at, '', 'must be PEM in base64'));
      return { field: at, text };
    }
    return file === undefined ? undefined : { field: fields.at(`${name}File`), file };
  };
  const [ca, cert, key] = [pem('ca'), pem('cert'), pem('key')];
  const insecure = fields.flag('insecure') ?? (enableHttps && ca === undefined);
  const serverName = fields.text('serverName');
  if (insecure && ca !== undefined) {
    const detail = 'specifying a root certificates file with the insecure flag is not allowed';
    errors.push(forbidden(fields.at('insecure'), detail));
  }
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'certFile' : 'keyFile';
    errors.push(required(fields.at(missing), 'a client certificate needs both'));
  }
  for (const error of errors) fields.report(error);
  fields.end();
  return {
    field,
    insecure,
    ...(serverName === undefined ? {} : { serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
