// Runs a program of this folder: CommonJS in one file, compiled by V8 once and kept beside it. Parsing and
// compiling was a third of a start. Copied to dist/programs by the build.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const parameters = [
  'exports',
  'require',
  'module',
  '__filename',
  '__dirname',
  '__url',
  '__importModule',
];
const importModule = (href) => import(href);

/** The exports of the program `name`. */
export function program(name) {
  const url = new URL(`./${name}.cjs`, import.meta.url).href;
  const filename = fileURLToPath(url);
  // V8 takes what it compiled itself, in this version, and nothing else.
  const kept = `${filename}.${process.version}-${process.arch}`;
  const source = `(function (${parameters.join(', ')}) {${readFileSync(filename, 'latin1')}\n})`;
  const cachedData = read(kept);
  const script = new Script(source, { filename, cachedData });
  const again = process.env.WHERRY_KEEP_COMPILED === 'always';
  if (cachedData === undefined || script.cachedDataRejected === true || again) {
    // At the end, so that it has what was compiled on the way.
    process.once('exit', () => keep(kept, script.createCachedData()));
  }
  const module = { exports: {} };
  const arguments_ = [module.exports, createRequire(url), module, filename, dirname(filename), url];
  script.runInThisContext()(...arguments_, importModule);
  return module.exports;
}

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Whole or not at all; where nobody may write, the next start compiles again. */
function keep(path, data) {
  const aside = `${path}.${process.pid}`;
  try {
    writeFileSync(aside, data);
    renameSync(aside, path);
  } catch {
    rmSync(aside, { force: true });
  }
}
