import { generatorCommand } from './generator.ts';

export const createNamespace = generatorCommand({
  usage: 'NAME [--dry-run=server|client|none] [options]',
  flags: {},
  namespaced: false,
  noun: null,
  generate: ({ name }) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { creationTimestamp: null as never, name },
    spec: {},
    status: {},
  }),
});
