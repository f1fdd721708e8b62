// Joins the texts of `kubectl explain` from the comments of @kubernetes/client-node's types
// (Kubernetes 1.34, a devDependency) into dist/api/schema/descriptions.json:
//
//     { "apps-v1.DeploymentSpec": { "": "DeploymentSpec is …", "replicas": "Number of …" } }
//
// A step of the build, never committed: the texts are Kubernetes', the tables are ours. Without
// the package the server works and explains without texts.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const models = join(root, 'node_modules', '@kubernetes', 'client-node', 'dist', 'gen', 'models');
const tables = join(root, 'api', 'schema', 'tables');
const output = join(root, 'dist', 'api', 'schema', 'descriptions.json');

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The package's file of a type: with its group in front where several groups have the name. */
function modelFile(module, name) {
  const [group, version] = module.split('-');
  const plain = `${capital(version)}${name}`;
  return [`${capital(group)}${plain}`, plain]
    .map((model) => join(models, `${model}.d.ts`))
    .find((path) => existsSync(path));
}

/** Text of a comment block without its stars. */
function textOf(comment) {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trimEnd())
    .join('\n')
    .trim()
    .replace(/\\(["'])/g, '$1')
    .replaceAll('*_/', '*/');
}

/** The package's spelling of names that are no identifiers: `_continue`, `x_kubernetes_…`. */
function fieldName(property) {
  if (property.startsWith('x_kubernetes_')) return property.replaceAll('_', '-');
  return property.replace(/^_/, '');
}

function descriptionsOf(source) {
  const found = {};
  const type = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*export declare class /.exec(source);
  if (type !== null) found[''] = textOf(type[1]);
  const body = source.slice(source.indexOf('export declare class'));
  for (const [, comment, property] of body.matchAll(
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*'([^']+)'\??:/g,
  )) {
    found[fieldName(property)] = textOf(comment);
  }
  return found;
}

function build() {
  const descriptions = {};
  for (const file of readdirSync(tables).sort()) {
    if (file === 'resources.json') continue;
    const module = file.replace(/\.json$/, '');
    for (const name of Object.keys(JSON.parse(readFileSync(join(tables, file), 'utf8')))) {
      const model = modelFile(module, name);
      if (model === undefined) continue;
      descriptions[`${module}.${name}`] = descriptionsOf(readFileSync(model, 'utf8'));
    }
  }
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, JSON.stringify(descriptions));
  return Object.keys(descriptions).length;
}

if (existsSync(models)) {
  console.log(`wherry: ${build()} types described for \`kubectl explain\``);
} else {
  console.log('wherry: @kubernetes/client-node is not installed: no texts for `kubectl explain`');
}
