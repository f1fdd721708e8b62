/**
 * The architecture as data. `tidy.test.ts` fails when an import is not in this table.
 *
 * A part is a folder or a file; the longest match owns a file. `imports` lists the parts it may
 * import (itself always), a trailing "/*" meaning the part and everything below it. `packages`
 * lists npm packages. Tests (`*.test.ts`, `test/`, `bench/`, `scripts/`) may import anything;
 * nothing imports them.
 */
export interface Layer {
  readonly part: string;
  readonly imports: readonly string[];
  readonly packages?: readonly string[];
}

export const layers: readonly Layer[] = [
  { part: 'platform', imports: [], packages: ['modern-tar'] },
  { part: 'platform/foreign-flags.ts', imports: [], packages: ['commander'] },
  {
    part: 'platform/node',
    imports: ['platform'],
    packages: ['@noble/ciphers', 'bcryptjs', 'pino', 'ws'],
  },

  {
    part: 'api',
    imports: [
      'api/*',
      'platform/assert.ts',
      'platform/net/ip.ts',
      'platform/json-text.ts',
      'platform/metrics/metrics.ts',
      'platform/programs.ts',
    ],
    packages: ['ajv', 'js-yaml'],
  },
  { part: 'api/structural', imports: ['api/*', 'platform'], packages: ['re2js'] },
  { part: 'api/cel', imports: ['api/*', 'platform'] },
  { part: 'api/cel/libraries', imports: ['api/*', 'platform'], packages: ['re2js'] },

  { part: 'store/kv.ts', imports: [] },
  { part: 'store/cluster-member.ts', imports: [] },
  { part: 'store/raft', imports: ['platform'] },
  { part: 'store/mvcc', imports: ['store/kv.ts', 'platform'], packages: ['sorted-btree'] },
  { part: 'store/auth', imports: ['store/kv.ts', 'store/mvcc'] },
  { part: 'store/bolt', imports: ['platform'] },
  {
    part: 'store/backup',
    imports: [
      'store/auth',
      'store/bolt',
      'store/grpc/wire',
      'store/grpc/schema',
      'store/kv.ts',
      'store/mvcc',
      'platform',
    ],
  },
  {
    part: 'store/engine',
    imports: ['platform'],
    packages: ['classic-level', 'rocksdb', 'sorted-btree'],
  },
  {
    part: 'store/persistence',
    imports: [
      'store/kv.ts',
      'store/cluster-member.ts',
      'store/raft',
      'store/mvcc',
      'store/engine',
      'store/auth',
      'store/bolt',
      'store/backup',
      'platform',
    ],
  },
  {
    part: 'store/replica',
    imports: [
      'store/kv.ts',
      'store/cluster-member.ts',
      'store/raft',
      'store/mvcc',
      'store/engine',
      'store/auth',
      'store/persistence',
      'platform',
    ],
  },
  {
    part: 'store/server',
    imports: [
      'store/kv.ts',
      'store/cluster-member.ts',
      'store/raft',
      'store/mvcc',
      'store/engine',
      'store/auth',
      'store/backup',
      'store/persistence',
      'store/replica',
      'platform',
    ],
  },
  { part: 'store/grpc/wire', imports: [] },
  { part: 'store/grpc/http2', imports: ['store/grpc/wire', 'platform'] },
  { part: 'store/grpc/schema', imports: ['store/grpc/wire', 'platform'] },
  {
    part: 'store/peer',
    imports: [
      'store/kv.ts',
      'store/cluster-member.ts',
      'store/raft',
      'store/persistence',
      'store/replica',
      'store/server',
      'platform',
    ],
  },
  {
    part: 'store/grpc',
    imports: [
      'store/grpc/*',
      'store/http',
      'store/kv.ts',
      'store/cluster-member.ts',
      'store/mvcc',
      'store/server',
      'store/backup',
      'platform',
    ],
  },
  {
    part: 'store/client',
    imports: ['store/client/tls.ts', 'store/kv.ts', 'store/grpc/*', 'platform'],
    packages: ['@grpc/grpc-js'],
  },
  {
    part: 'store/client/tls.ts',
    imports: ['platform/node'],
    packages: ['@grpc/grpc-js'],
  },
  {
    part: 'store/http',
    imports: [
      'store/kv.ts',
      'store/cluster-member.ts',
      'store/persistence',
      'store/replica',
      'store/server',
      'platform',
    ],
  },
  { part: 'store/auto-compaction.ts', imports: ['store/kv.ts', 'platform'] },
  {
    part: 'store/options',
    imports: ['store/*', 'platform', 'platform/node'],
    packages: ['commander', 'js-yaml'],
  },
  {
    part: 'store/main.ts',
    imports: ['store/*', 'platform', 'platform/node'],
    packages: ['commander'],
  },

  {
    part: 'apiserver/http',
    imports: ['apiserver/pipeline', 'api/*', 'platform'],
    packages: ['express'],
  },
  {
    part: 'apiserver/pipeline',
    imports: ['apiserver/flowcontrol', 'apiserver/authn', 'apiserver/authz', 'api/*', 'platform'],
  },
  {
    part: 'apiserver/flowcontrol',
    imports: ['apiserver/authn', 'apiserver/authz', 'api/*', 'platform'],
  },
  {
    part: 'apiserver/handlers',
    imports: [
      'apiserver/registry',
      'apiserver/admission',
      'apiserver/pipeline',
      'api/*',
      'platform',
    ],
    packages: ['js-yaml'],
  },
  {
    part: 'apiserver/proxy',
    imports: ['apiserver/handlers', 'apiserver/registry', 'apiserver/webhook', 'api/*', 'platform'],
  },
  { part: 'apiserver/webhook', imports: ['api/*', 'platform'] },
  {
    part: 'apiserver/admission',
    imports: ['apiserver/webhook', 'api/*', 'platform'],
  },
  {
    part: 'apiserver/registry',
    imports: [
      'apiserver/registry/*',
      'apiserver/rules',
      'apiserver/webhook',
      'apiserver/storage',
      'apiserver/admission',
      'api/*',
      'platform',
    ],
  },
  {
    part: 'apiserver/storage',
    imports: ['store/kv.ts', 'api/*', 'platform'],
    packages: ['sorted-btree'],
  },
  {
    part: 'apiserver/extensions',
    imports: [
      'apiserver/registry',
      'apiserver/registry/*',
      'apiserver/rules',
      'apiserver/storage',
      'apiserver/webhook',
      'api/*',
      'platform',
    ],
  },
  {
    part: 'apiserver/encryption',
    imports: [
      'apiserver',
      'apiserver/options/config-document.ts',
      'apiserver/pipeline',
      'store/kv.ts',
      'store/grpc/wire',
      'api/*',
      'platform',
    ],
  },
  { part: 'apiserver/rules', imports: ['api/*', 'platform'] },
  {
    part: 'apiserver/discovery',
    imports: [
      'apiserver/flowcontrol',
      'apiserver/pipeline',
      'apiserver/registry',
      'api/*',
      'platform',
    ],
  },
  {
    part: 'apiserver/authn',
    imports: ['apiserver/authn/*', 'apiserver/webhook', 'api/*', 'platform'],
  },
  {
    part: 'apiserver/authz',
    imports: ['apiserver/authn', 'apiserver/webhook', 'api/*', 'platform'],
  },
  { part: 'apiserver/pki', imports: ['platform'] },
  {
    part: 'apiserver/options',
    imports: ['apiserver/*', 'api/*', 'platform', 'platform/foreign-flags.ts'],
    packages: ['commander'],
  },
  { part: 'apiserver', imports: ['apiserver/*', 'store/kv.ts', 'api/*', 'platform'] },
  {
    part: 'apiserver/main.ts',
    imports: ['apiserver/*', 'store/kv.ts', 'store/client', 'api/*', 'platform', 'platform/node'],
    packages: ['commander'],
  },

  { part: 'client', imports: ['api/*', 'platform'], packages: ['js-yaml'] },
  { part: 'client/serving/flags.ts', imports: [], packages: ['commander'] },
  { part: 'client/serving/connect.ts', imports: ['client', 'platform', 'platform/node'] },
  {
    part: 'client/serving/start.ts',
    imports: ['client', 'client/serving/flags.ts', 'api/*', 'platform', 'platform/node'],
  },

  { part: 'controllers/runtime', imports: ['client', 'api/*', 'platform'] },
  { part: 'controllers', imports: ['controllers/*', 'client', 'api/*', 'platform'] },
  {
    part: 'controllers/flags.ts',
    imports: ['client/serving/flags.ts', 'platform/foreign-flags.ts'],
    packages: ['commander'],
  },
  {
    part: 'controllers/main.ts',
    imports: ['controllers/*', 'client/*', 'api/*', 'platform', 'platform/node'],
    packages: ['commander'],
  },

  { part: 'scheduler/framework', imports: ['api/*', 'platform'] },
  { part: 'scheduler/plugins', imports: ['scheduler/framework', 'api/*', 'platform'] },
  { part: 'scheduler/queue', imports: ['scheduler/framework', 'api/*', 'platform'] },
  { part: 'scheduler/cache', imports: ['scheduler/framework', 'api/*', 'platform'] },
  { part: 'scheduler', imports: ['scheduler/*', 'client', 'api/*', 'platform'] },
  {
    part: 'scheduler/flags.ts',
    imports: ['client/serving/flags.ts', 'platform/foreign-flags.ts'],
    packages: ['commander'],
  },
  {
    part: 'scheduler/main.ts',
    imports: ['scheduler/*', 'client/*', 'api/*', 'platform', 'platform/node'],
    packages: ['commander'],
  },

  { part: 'kubelet', imports: ['kubelet/*', 'client', 'api/*', 'platform'] },
  { part: 'kubelet/spdy', imports: ['platform'] },
  {
    part: 'kubelet/flags.ts',
    imports: ['kubelet/runtimes-by-class.ts'],
    packages: ['commander'],
  },
  {
    part: 'kubelet/real-runtimes.ts',
    imports: ['kubelet/*', 'platform', 'platform/node'],
  },
  {
    part: 'kubelet/real-processes.ts',
    imports: ['kubelet/*', 'client', 'platform', 'platform/node'],
  },
  {
    part: 'kubelet/agent-server.ts',
    imports: ['kubelet/*', 'platform', 'platform/node'],
  },
  {
    part: 'kubelet/main.ts',
    imports: ['kubelet/*', 'client/*', 'api/*', 'platform', 'platform/node'],
    packages: ['commander'],
  },

  {
    part: 'kubectl-lite',
    imports: ['kubectl-lite/*', 'client', 'api/*', 'kubelet/spdy', 'platform'],
    packages: ['js-yaml'],
  },
  {
    part: 'kubectl-lite/real-environment.ts',
    imports: ['kubectl-lite/*', 'platform', 'platform/node'],
  },
  { part: 'kubectl-lite/main.ts', imports: ['kubectl-lite/*', 'platform/node'] },

  {
    part: 'etcdctl',
    imports: ['etcdctl/*', 'store/*', 'platform', 'platform/node'],
    packages: ['commander', '@grpc/grpc-js'],
  },

  {
    part: 'cluster',
    imports: [
      'cluster/*',
      'etcdctl',
      'store/*',
      'apiserver/*',
      'client',
      'controllers/*',
      'scheduler/*',
      'kubelet/*',
      'api/*',
      'platform',
      'platform/node',
    ],
    packages: ['ajv', 'commander', 'js-yaml'],
  },
  { part: 'index.ts', imports: ['cluster', 'client', 'api/*', 'platform'] },
];

/** One controller never imports another: rule of the folders directly below this one. */
export const siblingsApart = 'controllers';

/** The only part that may use `node:*` and the ambient effects below. */
export const effectsPart = 'platform/node';

/** Ambient effects, as identifiers that may not appear in code outside {@link effectsPart}. */
export const ambientEffects = [
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'crypto',
  'process',
  'fetch',
];

/** Members of globals that are ambient effects. */
export const ambientMembers = ['Math.random'];

export const limits = {
  fileLines: 400,
  lineLength: 100,
  functionLines: 70,
  parameters: 3,
} as const;
