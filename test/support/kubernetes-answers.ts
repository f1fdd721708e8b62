/**
 * What kube-apiserver 1.34.1 answers to CustomResourceDefinitions, to custom objects, and to
 * policies and webhooks of admission, right and wrong ones: `apiserver/extensions/kubernetes-answers.test.ts` asks our server for the same, and
 * `kube-apiserver.long.test.ts` beside it a kube-apiserver.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** A call as any server of the API answers it. */
export type AnyCall = (
  method: string,
  path: string,
  body?: object,
) => Promise<{
  readonly code: number;
  readonly body: { readonly message?: string; readonly spec?: unknown };
  readonly warnings: readonly string[];
}>;

interface Expected {
  /** 201 if absent. */
  readonly code?: number;
  readonly message?: string;
  readonly warnings?: readonly string[];
}

export interface DefinitionCase extends Expected {
  readonly manifest: { readonly spec: { readonly versions?: unknown } };
}

export interface ObjectCase extends Expected {
  /** A field of the spec, with its schema where it is met first. */
  readonly field: string;
  readonly schema?: object;
  /** Absent: so is the field. */
  readonly value?: unknown;
  /** What is stored. */
  readonly spec?: unknown;
}

function linesOf<T>(name: string): readonly T[] {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

export const definitionCases = linesOf<DefinitionCase>('definition-answers.jsonl');
export interface PolicyCase extends Expected {
  readonly manifest: { readonly apiVersion: string; readonly kind: string };
}

export const policyCases = linesOf<PolicyCase>('policy-answers.jsonl');
export const objectCases = linesOf<ObjectCase>('custom-object-answers.jsonl');

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const OBJECTS = '/apis/example.com/v1/namespaces/default/xs';
const TRY = '?dryRun=All&fieldValidation=Warn';
const TRIES = 300;

export async function judgesDefinition(call: AnyCall, one: DefinitionCase): Promise<void> {
  const answer = await call('POST', `${DEFINITIONS}${TRY}`, one.manifest);
  expect({ ...told(answer), warnings: answer.warnings }).toEqual(toldBy(one));
}

export async function judgesPolicy(call: AnyCall, one: PolicyCase): Promise<void> {
  const { apiVersion, kind } = one.manifest;
  const resource = `${kind.toLowerCase()}s`.replace(/policys$/, 'policies');
  const answer = await call('POST', `/apis/${apiVersion}/${resource}${TRY}`, one.manifest);
  expect({ ...told(answer), warnings: answer.warnings }).toEqual(toldBy(one));
}

const told = ({ code, body }: Awaited<ReturnType<AnyCall>>): object => ({
  code,
  ...(code === 201 ? {} : { message: body.message }),
});

const toldBy = ({ code = 201, message, warnings = [] }: Expected): object => ({
  code,
  ...(code === 201 ? {} : { message }),
  warnings,
});

/** Installs the definition whose objects the cases are. */
export async function installObjects(call: AnyCall): Promise<void> {
  const fields = objectCases.flatMap(({ field, schema }) => (schema ? [[field, schema]] : []));
  const spec = { type: 'object', properties: Object.fromEntries(fields) as object };
  const openAPIV3Schema = { type: 'object', properties: { spec } };
  const { code, body } = await call('POST', DEFINITIONS, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'xs.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'xs', kind: 'X' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  });
  expect(body.message).toBe(undefined);
  expect(code).toBe(201);
  for (let i = 0; i < TRIES; i++) {
    if ((await call('GET', OBJECTS)).code === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the custom resource is never served');
}

export async function judgesObject(call: AnyCall, one: ObjectCase): Promise<void> {
  const { field, value, spec } = one;
  const answer = await call('POST', `${OBJECTS}${TRY}`, {
    apiVersion: 'example.com/v1',
    kind: 'X',
    metadata: { name: 'x' },
    spec: value === undefined ? {} : { [field]: value },
  });
  expect({ ...told(answer), warnings: answer.warnings }).toEqual(toldBy(one));
  if (answer.code === 201) expect(answer.body.spec).toEqual(spec);
}

/** The texts of a Warning header. */
export function warningsOf(header: string | undefined): readonly string[] {
  if (header === undefined) return [];
  return [...header.matchAll(/299 - "((?:[^"\\]|\\.)*)"/gs)].map(([, text]) =>
    text!.replace(/\\(.)/gs, '$1'),
  );
}
