import { isStatus } from '../../api/status.ts';
import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import type { DiscoveredResource } from '../resource/discover.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { type OpenApiDocument, type Schema, Schemas } from './schema.ts';
import { detailLines } from './text.ts';

export const explain = command({
  usage: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [options]',
  flags: {
    'api-version': text('The version to explain, as group/version'),
    output: text('"plaintext" or "plaintext-openapiv2"', { value: 'plaintext' }),
    recursive: boolean('The names of all fields below, without their descriptions'),
  },
  async run(session, { words, flags }) {
    const [path] = words;
    if (path === undefined) {
      throw new UsageError(
        'You must specify the type of resource to explain. Use "kubectl-lite api-resources" for ' +
          'a complete list of supported resources.',
      );
    }
    if (words.length > 1) {
      throw new UsageError('We accept only this format: explain RESOURCE');
    }
    const isV2 = flags.output === 'plaintext-openapiv2';
    const { type, fields } = await typeAndFields(session, path, {
      apiVersion: flags['api-version'],
      named: isV2 ? 'Kind' : 'Resource',
    });
    if (isV2) {
      const asked = { fields, recursive: flags.recursive };
      for (const line of await linesV2(session, type, asked)) session.print(line);
      return 0;
    }
    if (flags.output !== 'plaintext') {
      throw new UsageError(`unrecognized format: ${flags.output}`);
    }
    const { schemas, root } = await schemaOf(session, type);
    const head = [...(type.group === '' ? [] : [`GROUP:      ${type.group}`])];
    for (const line of [...head, `KIND:       ${type.kind}`, `VERSION:    ${type.version}`, '']) {
      session.print(line);
    }
    const schema = fieldAt(schemas, root, fields);
    if (fields.length > 0) {
      session.print(`FIELD: ${fields.at(-1)} <${schemas.typeName(schema)}>`);
      if (schema.enum === undefined) session.print('\n');
    }
    for (const line of detailLines(schemas, schema, flags.recursive)) session.print(line);
    return 0;
  },
});

async function linesV2(
  session: Session,
  type: DiscoveredResource,
  asked: { readonly fields: readonly string[]; readonly recursive: boolean },
): Promise<string[]> {
  const [{ DefinitionsV2 }, { plaintextV2 }, document] = await Promise.all([
    import('./open-api-v2.ts'),
    import('./plaintext-v2.ts'),
    session.api.send({ method: 'GET', path: '/openapi/v2', accept: 'application/json' }),
  ]);
  const definitions = new DefinitionsV2(document as object);
  const root = definitions.ofKind(type);
  if (root !== undefined) return plaintextV2({ definitions, root, type, ...asked });
  const version = type.group === '' ? type.version : `${type.group}/${type.version}`;
  throw new UsageError(`couldn't find resource for "${version}, Kind=${type.kind}"`);
}

/** "deploy.spec.replicas"; "deployments.apps.spec" and "deployments.v1.apps.spec" say more. */
async function typeAndFields(
  session: Session,
  path: string,
  asked: AskedVersion,
): Promise<{ type: DiscoveredResource; fields: readonly string[] }> {
  const resources = await session.resources();
  if (path.startsWith('.')) {
    throw new UsageError('invalid jsonpath syntax, first node must be field node');
  }
  const parts = path.replace(/\.$/, '').split('.');
  for (let count = parts.length; count > 0; count--) {
    let type: DiscoveredResource;
    try {
      type = resources.find(parts.slice(0, count).join('.'));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      continue;
    }
    return { type: inVersion(resources.all, type, asked), fields: parts.slice(count) };
  }
  const name = JSON.stringify(parts[0]);
  throw new UsageError(`the server doesn't have a resource type ${name}`, { bare: true });
}

interface AskedVersion {
  readonly apiVersion: string;
  /** What a version that is not served is refused about. */
  readonly named: 'Kind' | 'Resource';
}

function inVersion(
  all: readonly DiscoveredResource[],
  type: DiscoveredResource,
  { apiVersion, named }: AskedVersion,
): DiscoveredResource {
  if (apiVersion === '') return type;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const found = all.find(
    (one) => one.resource === type.resource && one.group === group && one.version === version,
  );
  if (found !== undefined) return found;
  const what = named === 'Kind' ? type.kind : type.resource;
  throw new UsageError(`couldn't find resource for "${group}/${version}, ${named}=${what}"`);
}

async function schemaOf(
  session: Session,
  type: DiscoveredResource,
): Promise<{ schemas: Schemas; root: Schema }> {
  const where = type.group === '' ? `api/${type.version}` : `apis/${type.group}/${type.version}`;
  let document: OpenApiDocument;
  try {
    const accept = 'application/json';
    const path = `/openapi/v3/${where}`;
    document = (await session.api.send({ method: 'GET', path, accept })) as OpenApiDocument;
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
    throw new UsageError(`couldn't find resource for "${where}": the server describes it nowhere`);
  }
  const schemas = new Schemas(document);
  const root = schemas.ofKind(type);
  if (root !== undefined) return { schemas, root };
  throw new UsageError(`the server has no description of ${type.kind} in ${where}`);
}

function fieldAt(schemas: Schemas, root: Schema, fields: readonly string[]): Schema {
  let schema = root;
  for (const field of fields) {
    const properties = schemas.fields(schema)?.properties ?? {};
    const next = Object.hasOwn(properties, field) ? properties[field] : undefined;
    if (next === undefined) throw new UsageError(`field ${JSON.stringify(field)} does not exist`);
    schema = next;
  }
  return schema;
}
