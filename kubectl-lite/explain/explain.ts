import { isStatus } from '../../api/status.ts';
import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import type { DiscoveredResource } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { type OpenApiDocument, type Schema, Schemas } from './schema.ts';
import { detailLines } from './text.ts';

export const explain = command({
  usage: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [options]',
  flags: {
    'api-version': text('The version to explain, as group/version'),
    output: text('"plaintext"', { value: 'plaintext' }),
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
      throw new UsageError(
        'We accept only this format: explain RESOURCE\n' +
          "See 'kubectl-lite explain -h' for help and examples",
      );
    }
    if (flags.output !== 'plaintext') {
      throw new UsageError(
        `kubectl-lite explains in "plaintext" only, not in ${JSON.stringify(flags.output)}`,
      );
    }
    const { type, fields } = await typeAndFields(session, path, flags['api-version']);
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

/** "deploy.spec.replicas"; "deployments.apps.spec" and "deployments.v1.apps.spec" say more. */
async function typeAndFields(
  session: Session,
  path: string,
  apiVersion: string,
): Promise<{ type: DiscoveredResource; fields: readonly string[] }> {
  const resources = await session.resources();
  const parts = path.replace(/\.$/, '').split('.');
  for (let count = parts.length; count > 0; count--) {
    let type: DiscoveredResource;
    try {
      type = resources.find(parts.slice(0, count).join('.'));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      continue;
    }
    return { type: inVersion(resources.all, type, apiVersion), fields: parts.slice(count) };
  }
  throw new UsageError(`the server doesn't have a resource type ${JSON.stringify(parts[0])}`);
}

function inVersion(
  all: readonly DiscoveredResource[],
  type: DiscoveredResource,
  apiVersion: string,
): DiscoveredResource {
  if (apiVersion === '') return type;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const found = all.find(
    (one) => one.resource === type.resource && one.group === group && one.version === version,
  );
  if (found !== undefined) return found;
  throw new UsageError(
    `couldn't find resource for "${group}/${version}, Resource=${type.resource}"`,
  );
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
