import {
  ambientEffects,
  ambientMembers,
  effectsPart,
  layers,
  limits,
  siblingsApart,
} from './layers.ts';
import { identifiersOf, importsOf, isProduct, localTarget, packageOf, type Tree } from './tree.ts';

/** One sentence per broken rule, each starting with the file. */
export type Findings = readonly string[];

const within = (path: string, part: string): boolean =>
  path === part || path.startsWith(`${part}/`);

/** The longest part of the layer table that holds `path`. */
function ownerOf(path: string): (typeof layers)[number] | undefined {
  let best: (typeof layers)[number] | undefined;
  for (const layer of layers) {
    if (within(path, layer.part) && layer.part.length > (best?.part.length ?? -1)) best = layer;
  }
  return best;
}

function allows(pattern: string, target: string): boolean {
  if (pattern.endsWith('/*')) return within(target, pattern.slice(0, -2));
  return ownerOf(target)?.part === pattern || target === pattern;
}

export function layerFindings(tree: Tree): Findings {
  const findings: string[] = [];
  for (const [path, text] of tree) {
    if (!isProduct(path)) continue;
    const owner = ownerOf(path);
    if (owner === undefined) {
      findings.push(`${path}: no part of the layer table holds it`);
      continue;
    }
    for (const specifier of importsOf(text)) {
      const target = localTarget(path, specifier);
      const problem =
        target === undefined
          ? packageProblem(owner, specifier)
          : localProblem({ owner, path, target, tree });
      if (problem !== undefined) findings.push(`${path}: ${problem}`);
    }
  }
  return findings;
}

function packageProblem(owner: (typeof layers)[number], specifier: string): string | undefined {
  if (specifier.startsWith('node:')) {
    return owner.part === effectsPart ? undefined : `imports ${specifier}; only ${effectsPart} may`;
  }
  const name = packageOf(specifier);
  return owner.packages?.includes(name)
    ? undefined
    : `imports package ${name}, not in its layer's list`;
}

function localProblem(edge: {
  owner: (typeof layers)[number];
  path: string;
  target: string;
  tree: Tree;
}): string | undefined {
  const { owner, path, target, tree } = edge;
  if (target.endsWith('.json')) return undefined;
  if (!tree.has(target)) return `imports ${target}, which does not exist`;
  if (!isProduct(target)) return `imports ${target}; nothing imports tests, benches or scripts`;
  if (siblings(path, target)) return `imports its sibling ${target}`;
  if (ownerOf(target) === owner) return undefined;
  if (owner.imports.some((pattern) => allows(pattern, target))) return undefined;
  return `imports ${target}, which the layer ${owner.part} may not`;
}

/** Two different folders directly below {@link siblingsApart}, the shared runtime aside. */
function siblings(path: string, target: string): boolean {
  const folder = (file: string): string | undefined => {
    const parts = file.split('/');
    return parts[0] === siblingsApart && parts.length > 2 ? parts[1] : undefined;
  };
  const [from, to] = [folder(path), folder(target)];
  return from !== undefined && to !== undefined && from !== to && to !== 'runtime';
}

export function effectFindings(tree: Tree): Findings {
  const banned = new Set<string>([...ambientEffects, ...ambientMembers]);
  const findings: string[] = [];
  for (const [path, text] of tree) {
    if (!isProduct(path) || within(path, effectsPart)) continue;
    for (const { name, line } of identifiersOf(path, text)) {
      if (banned.has(name)) findings.push(`${path}:${line}: uses ${name}; only ${effectsPart} may`);
    }
  }
  return findings;
}

/** Import cycles, type-only imports included: one finding per strongly connected group of files. */
export function cycleFindings(tree: Tree): Findings {
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const findings: string[] = [];
  const visit = (file: string): void => {
    state.set(file, 'open');
    path.push(file);
    for (const specifier of importsOf(tree.get(file)!)) {
      const target = localTarget(file, specifier);
      if (target === undefined || !tree.has(target)) continue;
      if (state.get(target) === undefined) visit(target);
      else if (state.get(target) === 'open') {
        findings.push(
          `${file}: import cycle ${[...path.slice(path.indexOf(target)), target].join(' → ')}`,
        );
      }
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of tree.keys()) if (state.get(file) === undefined) visit(file);
  return findings;
}

/** Files allowed over the limit, with the lines they may have. It only ever shrinks. */
export type Ratchet = Readonly<Record<string, number>>;

export function sizeFindings(tree: Tree, ratchet: Ratchet): Findings {
  const findings: string[] = [];
  for (const [path, text] of tree) {
    if (path.startsWith('api/types/') || path.includes('/generated/')) continue;
    const lines = text.split('\n');
    const count = lines.length - (lines.at(-1) === '' ? 1 : 0);
    findings.push(...fileSizeFindings(path, count, ratchet));
    if (!isProduct(path)) continue;
    lines.forEach((line, index) => {
      const tooLong =
        line.length > limits.lineLength && !/https?:\/\/|^\s*(['"`]).*\1[,;)]*$/.test(line);
      if (tooLong)
        findings.push(`${path}:${index + 1}: ${line.length} columns, limit ${limits.lineLength}`);
    });
  }
  for (const path of Object.keys(ratchet)) {
    if (!tree.has(path)) findings.push(`${path}: in the size ratchet, but gone: remove its entry`);
  }
  return findings;
}

function fileSizeFindings(path: string, count: number, ratchet: Ratchet): Findings {
  const allowed = ratchet[path];
  if (allowed === undefined) {
    const over = count > limits.fileLines && !/\.test\.ts$/.test(path);
    return over ? [`${path}: ${count} lines, limit ${limits.fileLines}`] : [];
  }
  if (count > allowed) return [`${path}: grew to ${count} lines, the ratchet allows ${allowed}`];
  if (count < allowed)
    return [`${path}: shrank to ${count} lines: tighten its ratchet entry from ${allowed}`];
  return [];
}

/** A test, a bench or a script that lies in a product folder under another name would escape the rules. */
export function leftoverFindings(tree: Tree): Findings {
  const findings: string[] = [];
  for (const [path, text] of tree) {
    if (path.startsWith('test/tidy/')) continue;
    text.split('\n').forEach((line, index) => {
      if (/\b(TODO|FIXME|XXX)\b|not implemented yet/.test(line)) {
        findings.push(`${path}:${index + 1}: a leftover note: ${line.trim()}`);
      }
      if (/\b(it|test|describe)\.only\(/.test(line)) findings.push(`${path}:${index + 1}: .only`);
    });
  }
  return findings;
}
