/** The documentation's examples of admission policies: answered as kube-apiserver 1.34 answers them. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import type { AnyCall } from '../../../test/support/kubernetes-answers.ts';
import { startOwn } from '../../../test/support/own-answers.ts';
import { playExample, policyExamples } from '../../../test/support/policy-examples.ts';

const parts = new Lifecycle();
let call: AnyCall;

beforeAll(async () => {
  call = await startOwn(parts);
}, 30_000);
afterAll(() => parts.stop());

describe('the documentation’s example of a policy', () => {
  test.each(policyExamples.map((one) => [one.example, one] as const))('%s', (_title, one) =>
    playExample(call, one),
  );
});
