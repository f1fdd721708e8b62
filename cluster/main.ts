#!/usr/bin/env node
import { runMain } from '../platform/node/process.ts';
import { runWherry } from './cli.ts';

await runMain(runWherry);
