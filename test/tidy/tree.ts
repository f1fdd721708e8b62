import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** The project's TypeScript sources: path relative to the root → text. */
export type Tree = ReadonlyMap<string, string>;

const ignored = new Set(['node_modules', 'dist', '.git', 'coverage', '.wherry']);

export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (ignored.has(entry.name)) continue;
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.ts$/.test(path) && !/\.d\.ts$/.test(path)) {
        tree.set(path, readFileSync(join(root, path), 'utf8'));
      }
    }
  };
  walk('.');
  return tree;
}

/** Sources that the layer rules bind; tests, benches and scripts may import anything. */
export function isProduct(path: string): boolean {
  return (
    !/\.test\.ts$/.test(path) &&
    !/^(test|bench|scripts|examples)\//.test(path) &&
    path !== 'vitest.config.ts'
  );
}

/** Module specifiers of all imports and re-exports, type-only and dynamic ones included. */
export function importsOf(text: string): readonly string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
}

/** The root-relative path that a local specifier names; undefined for a package or `node:*`. */
export function localTarget(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

/** "@scope/name" or "name" of a package specifier. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Free identifiers used as values, with the member that follows ("Math.random"), by line. */
export function identifiersOf(path: string, text: string): { name: string; line: number }[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const found: { name: string; line: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isFreeValue(node)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      const parent = node.parent;
      const member = ts.isPropertyAccessExpression(parent) ? `.${parent.name.text}` : '';
      found.push({ name: node.text, line });
      if (member !== '') found.push({ name: node.text + member, line });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Not a member name, property key, declaration, or type. */
function isFreeValue(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  const declares = 'name' in parent && parent.name === node;
  return !declares;
}
