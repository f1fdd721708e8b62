#!/usr/bin/env node
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/disk.ts';
import { realFileSystem } from '../platform/node/file-system.ts';
import { connectHttp } from '../platform/node/http-client.ts';
import { runMain } from '../platform/node/process.ts';
import { Api } from './api.ts';
import { runCli } from './cli.ts';
import { findConnection } from './connect.ts';
import { manifestFiles } from './manifest/files.ts';
import { Session } from './session.ts';

await runMain((context) =>
  runCli(context.argv, {
    out: context.out,
    err: context.err,
    async connect(flags) {
      const found = await findConnection(flags, { disk: realDisk, env: context.env });
      const connection = connectHttp(found);
      return new Session({
        api: new Api(connection.handler, realClock),
        namespace: found.namespace,
        output: { out: context.out, err: context.err },
        files: manifestFiles({ ...realFileSystem, readInput: context.readInput }),
        clock: realClock,
        signal: context.terminated,
        close: () => connection.close(),
      });
    },
  }),
);
