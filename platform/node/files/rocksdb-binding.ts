/**
 * The last release of `rocksdb` aborts the process when a Node.js later than 20 loads it on Linux:
 * both export std::regex, compiled differently (nodejs/node#57639, Level/rocksdb#228). It has
 * binaries for few machines. Neither can be tried: an abort is no error.
 */
const LAST_NODE = 20;
const MACHINES = new Set(['linux-x64', 'darwin-x64', 'darwin-arm64', 'win32-x64']);

export const hasRocksdb =
  Number.parseInt(process.versions.node, 10) <= LAST_NODE &&
  MACHINES.has(`${process.platform}-${process.arch}`);
