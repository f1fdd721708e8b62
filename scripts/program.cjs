// Runs a program of this folder: CommonJS in one file, compiled by V8 once and kept beside it. Parsing and
// compiling was a third of a start. CommonJS itself, because Node's loader of modules takes a command line
// longer than its request. Copied to dist/programs by the build.
'use strict';
const { readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { cachedDataVersionTag } = require('node:v8');
const { Script } = require('node:vm');

const importModule = (href) => import(href);

/** What is kept is little, as part of the program, if the first to run it did no more than `--help`. */
const LITTLE = 1 / 2;
/** Seconds after which a process has more to keep, and a moment for it at its end. */
const LONG_S = 2;

/** The exports of the program `name`: its file is one function (see build.mjs). */
exports.program = function program(name) {
  const filename = `${__dirname}/${name}.cjs`;
  // V8 takes what it compiled itself, in this version, with these flags and on such a processor, and
  // nothing else: without its tag two ways to start a program would replace each other's.
  const kept = `${filename}.${process.version}-${cachedDataVersionTag().toString(16)}`;
  const cachedData = read(kept);
  const source = readFileSync(filename, 'latin1');
  const script = new Script(source, { filename, cachedData });
  const again = process.env.WHERRY_KEEP_COMPILED === 'always';
  const taken = script.cachedDataRejected === false && !again ? cachedData.length : 0;
  if (taken < source.length * LITTLE) {
    // At the end, so that it has what was compiled on the way.
    process.once('exit', () => {
      if (taken > 0 && process.uptime() < LONG_S) return;
      const data = script.createCachedData();
      if (data.length > taken) keep(kept, data);
    });
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
