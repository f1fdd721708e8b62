// Runs a program of this folder: CommonJS in one file, compiled by V8 once and kept beside it. Parsing and
// compiling was a third of a start. CommonJS itself, because Node's loader of modules takes a command line
// longer than its request. Copied to dist/programs by the build.
'use strict';
const { readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { cachedDataVersionTag } = require('node:v8');
const { Script } = require('node:vm');

const importModule = (href) => import(href);

/** The exports of the program `name`: its file is one function (see build.mjs). */
exports.program = function program(name) {
  const filename = `${__dirname}/${name}.cjs`;
  // V8 takes what it compiled itself, in this version, with these flags and on such a processor, and
  // nothing else: without its tag two ways to start a program would replace each other's.
  const kept = `${filename}.${process.version}-${cachedDataVersionTag().toString(16)}`;
  const cachedData = read(kept);
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
  const again = process.env.WHERRY_KEEP_COMPILED === 'always';
  if (cachedData === undefined || script.cachedDataRejected === true || again) {
    // At the end, so that it has what was compiled on the way.
    process.once('exit', () => keep(kept, script.createCachedData()));
  }
  const module = { exports: {} };
  const meta = {
    importModule,
    // Few ask for it, and making an address is not free.
    get url() {
      return require('node:url').pathToFileURL(filename).href;
    },
  };
  const run = script.runInThisContext();
  run(module.exports, createRequire(filename), module, filename, __dirname, meta);
  return module.exports;
};

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
