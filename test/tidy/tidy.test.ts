import { describe, expect, it } from 'vitest';
import { ratchet } from './ratchet.ts';
import {
  cycleFindings,
  effectFindings,
  layerFindings,
  leftoverFindings,
  sizeFindings,
} from './rules.ts';
import { readTree, type Tree } from './tree.ts';

/** Reading every file takes seconds, and more than a minute on a machine that is busy. */
const PATIENCE_MS = 600_000;

describe('the source tree', { timeout: PATIENCE_MS }, () => {
  const tree = readTree(process.cwd());

  it('imports only along the layer table', () => {
    expect(layerFindings(tree)).toEqual([]);
  });
  it('has no import cycles, types included', () => {
    expect(cycleFindings(tree)).toEqual([]);
  });
  it('touches ambient effects only in platform/node', () => {
    expect(effectFindings(tree)).toEqual([]);
  });
  it('keeps files and lines short', () => {
    expect(sizeFindings(tree, ratchet)).toEqual([]);
  });
  it('has no leftover notes', () => {
    expect(leftoverFindings(tree)).toEqual([]);
  });
});

/** Each rule fails on a tree that breaks it: a rule that cannot fail protects nothing. */
describe('the rules', () => {
  const tree = (files: Record<string, string>): Tree => new Map(Object.entries(files));

  it('refuse an upward import', () => {
    const found = layerFindings(
      tree({
        'store/raft/raft.ts': `import type { A } from '../server/a.ts';`,
        'store/server/a.ts': 'export interface A {}',
      }),
    );
    expect(found).toEqual([
      'store/raft/raft.ts: imports store/server/a.ts, which the layer store/raft may not',
    ]);
  });

  it('refuse node:*, unknown packages, tests and siblings', () => {
    const found = layerFindings(
      tree({
        'api/a.ts': `import { readFile } from 'node:fs/promises';\nimport express from 'express';`,
        'client/b.ts': `import './b.test.ts';`,
        'client/b.test.ts': '',
        'controllers/job/plan.ts': `import { x } from '../deployment/plan.ts';`,
        'controllers/deployment/plan.ts': 'export const x = 1;',
        'nowhere/c.ts': '',
      }),
    );
    expect(found).toEqual([
      'api/a.ts: imports node:fs/promises; only platform/node may',
      "api/a.ts: imports package express, not in its layer's list",
      'client/b.ts: imports client/b.test.ts; nothing imports tests, benches or scripts',
      'controllers/job/plan.ts: imports its sibling controllers/deployment/plan.ts',
      'nowhere/c.ts: no part of the layer table holds it',
    ]);
  });

  it('find a cycle through type imports', () => {
    const found = cycleFindings(
      tree({
        'api/a.ts': `import type { B } from './b.ts'; export type A = B;`,
        'api/b.ts': `import type { A } from './a.ts'; export type B = A;`,
      }),
    );
    expect(found).toEqual(['api/b.ts: import cycle api/a.ts → api/b.ts → api/a.ts']);
  });

  it('find ambient effects, and not members or types of the same name', () => {
    const found = effectFindings(
      tree({
        'api/a.ts': 'const t = Date.now();\nconst r = Math.random();\nsetTimeout(() => {}, 1);',
        'api/b.ts': 'export interface X { process: string }\nexport const f = (x: X) => x.process;',
        'platform/node/clock.ts': 'export const now = () => Date.now();',
      }),
    );
    expect(found).toEqual([
      'api/a.ts:1: uses Date; only platform/node may',
      'api/a.ts:2: uses Math.random; only platform/node may',
      'api/a.ts:3: uses setTimeout; only platform/node may',
    ]);
  });

  it('turn the size ratchet one way only', () => {
    const long = 'x\n'.repeat(401);
    expect(sizeFindings(tree({ 'api/a.ts': long }), {})).toEqual([
      'api/a.ts: 401 lines, limit 400',
    ]);
    expect(sizeFindings(tree({ 'api/a.ts': long }), { 'api/a.ts': 401 })).toEqual([]);
    expect(sizeFindings(tree({ 'api/a.ts': long }), { 'api/a.ts': 405 })).toEqual([
      'api/a.ts: shrank to 401 lines: tighten its ratchet entry from 405',
    ]);
    expect(sizeFindings(tree({}), { 'api/gone.ts': 500 })).toEqual([
      'api/gone.ts: in the size ratchet, but gone: remove its entry',
    ]);
    expect(sizeFindings(tree({ 'api/a.ts': `${'y'.repeat(101)}\n` }), {})).toEqual([
      'api/a.ts:1: 101 columns, limit 100',
    ]);
  });

  it('find leftover notes', () => {
    const found = leftoverFindings(tree({ 'api/a.ts': `// ${'TO'}${'DO'} later` }));
    expect(found).toHaveLength(1);
  });
});
