#!/usr/bin/env node
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/disk.ts';
import { realFileSystem } from '../platform/node/file-system.ts';
import { connectHttp } from '../platform/node/http-client.ts';
import { runMain } from '../platform/node/process.ts';
import { runCli } from './cli.ts';
import { connectSession } from './connect.ts';
import { manifestFiles } from './manifest/files.ts';
import type { Environment } from './session.ts';

await runMain((context) => {
  const environment: Environment = {
    output: { out: context.out, err: context.err },
    files: manifestFiles({ ...realFileSystem, readInput: context.readInput }),
    disk: realDisk,
    clock: realClock,
    variables: context.env,
    interactive: context.interactive,
    signal: context.terminated,
    connect: (flags) => connectSession(environment, flags, connectHttp),
  };
  return runCli(context.argv, environment);
});
