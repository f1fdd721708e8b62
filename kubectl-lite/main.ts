#!/usr/bin/env node
import { runMain } from '../platform/node/process.ts';
import { runCli } from './cli.ts';
import { realEnvironment } from './real-environment.ts';

// No top-level await: CommonJS has none.
void runMain(
  (context) =>
    runCli(
      context.argv,
      realEnvironment({
        output: { out: context.out, err: context.err },
        readInput: context.readInput,
        variables: context.env,
        workingFolder: context.cwd,
        interactive: context.interactive,
        signal: context.terminated,
      }),
    ),
  // What watches ends by itself; what creates 50,000 objects is at any time between two of them.
  { patienceMs: 500 },
);
