#!/usr/bin/env node
import { runMain } from '../platform/node/process.ts';
import { runWherry } from './cli.ts';

// No top-level await: CommonJS has none.
void runMain(runWherry);
