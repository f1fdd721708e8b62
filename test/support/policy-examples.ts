/**
 * Examples of admission policies as the documentation has them (`policy-examples.yaml`), for
 * any server of the API: `apiserver/admission/policies/examples.test.ts` asks ours,
 * `apiserver/extensions/kube-apiserver.long.test.ts` a kube-apiserver.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { parseYaml } from '../../api/yaml.ts';
import type { AnyCall } from './kubernetes-answers.ts';

type Manifest = Readonly<Record<string, unknown>> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

interface Asked {
  readonly object?: Manifest;
  readonly deployment?: {
    readonly namespace: string;
    readonly replicas?: number;
    readonly image?: string;
    readonly labels?: object;
  };
  readonly pod?: { readonly namespace: string; readonly initContainers?: readonly object[] };
  /** Code 201 if absent. */
  readonly answer?: {
    readonly code?: number;
    readonly message?: string;
    readonly warnings?: readonly string[];
    readonly keeps?: object;
  };
}

export interface PolicyExample {
  readonly example: string;
  readonly given: readonly Manifest[];
  readonly asked: readonly Asked[];
}

const text = readFileSync(new URL('policy-examples.yaml', import.meta.url), 'utf8');
export const policyExamples = parseYaml(text) as readonly PolicyExample[];

const WITHIN_MS = 50_000;
const ASK_AGAIN_MS = 20;

/** Tries until `holds`; gives the last answer in any case: definitions and policies take effect late. */
async function persist<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const answer = await ask();
    if (holds(answer) || performance.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

export async function playExample(call: AnyCall, example: PolicyExample): Promise<void> {
  for (const manifest of example.given) {
    const create = () => call('POST', collectionOf(manifest), manifest);
    const { code, body } = await persist(create, (answer) => answer.code !== 404);
    expect(code, body.message).toBe(201);
  }
  for (const asked of example.asked) {
    const { code = 201, message, warnings = [], keeps } = asked.answer ?? {};
    const wanted = { code, ...(code === 201 ? {} : { message }), warnings };
    const manifest = manifestOf(asked);
    const attempt = async () => {
      const answer = await call('POST', `${collectionOf(manifest)}?dryRun=All`, manifest);
      const { body, warnings: warned } = answer;
      const told = answer.code === 201 ? {} : { message: body.message };
      return { answer: { code: answer.code, ...told, warnings: warned }, body };
    };
    const { answer, body } = await persist(
      attempt,
      (one) => JSON.stringify(one.answer) === JSON.stringify(wanted) && has(one.body, keeps),
    );
    expect(answer).toEqual(wanted);
    if (keeps !== undefined) expect(body).toMatchObject(keeps);
  }
}

/** Whether `parts`, and all below them, are as in `whole`. */
function has(whole: unknown, parts: unknown): boolean {
  if (typeof parts !== 'object' || parts === null) return parts === undefined || whole === parts;
  if (typeof whole !== 'object' || whole === null) return false;
  const fields = whole as Record<string, unknown>;
  return Object.entries(parts).every(([name, part]) => has(fields[name], part));
}

function collectionOf({ apiVersion, kind, metadata: { namespace } }: Manifest): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const plural = `${kind.toLowerCase()}s`.replace(/ys$/, 'ies');
  return `${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`;
}

function manifestOf({ object, deployment, pod }: Asked): Manifest {
  if (object !== undefined) return object;
  if (deployment === undefined) {
    const { namespace, initContainers } = pod!;
    const spec = { containers: [{ name: 'c', image: 'nginx' }], initContainers };
    return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace }, spec };
  }
  const { namespace, replicas = 1, image = 'nginx', labels = {} } = deployment;
  const app = { app: 'web' };
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { name: 'web', namespace, labels } as Manifest['metadata'],
    spec: {
      replicas,
      selector: { matchLabels: app },
      template: { metadata: { labels: app }, spec: { containers: [{ name: 'c', image }] } },
    },
  };
}
