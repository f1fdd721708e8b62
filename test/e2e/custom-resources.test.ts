/**
 * Issue 5, must show 1: a definition of a well-known operator's size, with everything that one may
 * have, through stock kubectl against an API server behind TLS, and a conversion webhook of its own.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { stringifyYaml } from '../../api/yaml-text.ts';
import { largeProperties } from '../support/large-definition.ts';
import { type SecureApi, startSecureApi } from '../support/secure-api.ts';

/** The newest that is installed; undefined where there is none. */
function kubectl(): string | undefined {
  try {
    const path = execFileSync('which', ['kubectl'], { encoding: 'utf8' }).trim();
    const folder = dirname(realpathSync(path));
    const named = ['1.33', '1.32', '1.31'].map((version) => join(folder, `kubectl.${version}`));
    return named.find((candidate) => existsSync(candidate)) ?? path;
  } catch {
    console.warn('SKIPPED: kubectl is not installed, so nothing here was tried with it');
    return undefined;
  }
}

type Json = Record<string, unknown>;
interface Review {
  apiVersion: string;
  request: { uid: string; desiredAPIVersion: string; objects: (Json & { spec?: Json })[] };
}

/**
 * v1beta1 calls size what v1 calls replicas. While an apply is merged, it is asked about objects
 * without what their owner no longer applies, as by Kubernetes: the whole spec may be missing.
 */
function convert(object: Json & { spec?: Json }, apiVersion: string): Json {
  const { size, replicas, ...spec } = object.spec ?? {};
  const count = size ?? replicas;
  const own = apiVersion.endsWith('/v1') ? { replicas: count } : { size: count };
  return { ...object, apiVersion, spec: { ...spec, ...own } };
}

const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };

async function startWebhook(): Promise<{ server: Server; clientConfig: Json }> {
  const ca = realX509.certificateAuthority({ commonName: 'ca' }, validity);
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const subject = { commonName: 'webhook' };
  const leaf = realX509.issue({ subject, validity, usage: 'server', names }, ca);
  const tls = { cert: leaf.certificate, key: leaf.privateKey };
  const server = createServer(tls, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString()) as Review;
      const { uid, desiredAPIVersion, objects } = review.request;
      const convertedObjects = objects.map((object) => convert(object, desiredAPIVersion));
      const answer = { uid, result: { status: 'Success' }, convertedObjects };
      const { apiVersion } = review;
      response.end(JSON.stringify({ apiVersion, kind: 'ConversionReview', response: answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const caBundle = Buffer.from(ca.certificate).toString('base64');
  return { server, clientConfig: { url: `https://localhost:${port}/convert`, caBundle } };
}

const LINES = 5_000;

function definition(clientConfig: Json): object {
  const count = { type: 'integer', minimum: 0, default: 1, description: 'How many members.' };
  const engine = { type: 'string', enum: ['postgres', 'mysql'], default: 'postgres' };
  const version = (name: string, field: string, storage: boolean): object => ({
    ...{ name, served: true, storage },
    schema: {
      openAPIV3Schema: {
        description: 'Database is a cluster of database servers.',
        type: 'object',
        properties: {
          spec: {
            type: 'object',
            description: 'What is wanted.',
            properties: { ...largeProperties(LINES), [field]: count, engine },
            'x-kubernetes-validations': [
              {
                rule: `self.engine != 'mysql' || self.${field} <= 9`,
                messageExpression: "self.engine + ' has at most 9 members'",
                fieldPath: `.${field}`,
                reason: 'FieldValueForbidden',
              },
              {
                rule: '!has(self.engine) || !has(oldSelf.engine) || self.engine == oldSelf.engine',
                message: 'engine is immutable',
              },
            ],
          },
          status: {
            type: 'object',
            properties: { replicas: { type: 'integer' }, selector: { type: 'string' } },
          },
        },
      },
    },
    subresources: {
      status: {},
      ...(storage
        ? {
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          }
        : {}),
    },
    additionalPrinterColumns: [
      { name: 'Engine', type: 'string', jsonPath: '.spec.engine' },
      { name: 'Members', type: 'integer', jsonPath: `.spec.${field}` },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'databases.data.example.com' },
    spec: {
      group: 'data.example.com',
      scope: 'Namespaced',
      names: { plural: 'databases', kind: 'Database', shortNames: ['db'] },
      conversion: {
        strategy: 'Webhook',
        webhook: { conversionReviewVersions: ['v1'], clientConfig },
      },
      versions: [version('v1', 'replicas', true), version('v1beta1', 'size', false)],
    },
  };
}

const binary = kubectl();

describe.skipIf(binary === undefined)(
  'a definition of an operator’s size',
  () => {
    let api: SecureApi;
    let webhook: Server;
    let lines = 0;

    async function run(...args: string[]): Promise<string> {
      const env = { ...process.env, HOME: api.folder, KUBECONFIG: api.kubeconfig };
      try {
        const done = await promisify(execFile)(binary!, args, { env, cwd: api.folder });
        return done.stdout + done.stderr;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        return stdout + stderr;
      }
    }

    beforeAll(async () => {
      api = await startSecureApi();
      const { server, clientConfig } = await startWebhook();
      webhook = server;
      const crd = stringifyYaml(definition(clientConfig));
      lines = crd.split('\n').length;
      await writeFile(join(api.folder, 'crd.yaml'), crd);
      const db = `apiVersion: data.example.com/v1
kind: Database
metadata: { name: main }
spec: { nothing: 1 }
`;
      await writeFile(join(api.folder, 'db.yaml'), db);
      await writeFile(join(api.folder, 'pruned.yaml'), db.replace('nothing: 1', ''));
    }, 30_000);
    afterAll(async () => {
      await new Promise((resolve) => webhook.close(resolve));
      await api.stop();
    });

    it('installs at once', async () => {
      expect(lines).toBeGreaterThanOrEqual(LINES);
      // Too long for the annotation that apply keeps on the client's side: so operators do it too.
      expect(await run('apply', '--server-side', '-f', 'crd.yaml')).toContain('serverside-applied');
      const established = ['wait', '--for=condition=established', '--timeout=5s'];
      expect(await run(...established, 'crd/databases.data.example.com')).toContain(
        'condition met',
      );
    });

    it('refuses, prunes and fills in', async () => {
      expect(await run('apply', '-f', 'db.yaml')).toContain('unknown field "spec.nothing"');
      expect(await run('apply', '--validate=false', '-f', 'db.yaml')).toContain('created');
      const spec = await run('get', 'db', 'main', '-o', 'jsonpath={.spec}');
      expect(JSON.parse(spec)).toEqual({ engine: 'postgres', replicas: 1 });
      expect(await run('get', 'databases')).toMatch(
        /NAME +ENGINE +MEMBERS +AGE\nmain +postgres +1 +\d+s/,
      );
    });

    it('prunes and fills in deep below', async () => {
      const [group, schema] = Object.entries(largeProperties(LINES)).find(([, { properties }]) =>
        Object.values(properties as object).some((one: Json) => one['type'] === 'boolean'),
      )!;
      const [flag] = Object.entries(schema['properties'] as Record<string, Json>).find(
        ([, one]) => one['type'] === 'boolean',
      )!;
      const deep = { [group]: { nothing: { at: 'all' } } };
      const object = { apiVersion: 'data.example.com/v1', kind: 'Database', spec: deep };
      const file = join(api.folder, 'deep.json');
      await writeFile(file, JSON.stringify({ ...object, metadata: { name: 'deep' } }));
      const strict = `strict decoding error: unknown field "spec.${group}.nothing"`;
      expect(await run('apply', '-f', file)).toContain(strict);
      expect(await run('apply', '--validate=false', '-f', file)).toContain('created');
      const path = `jsonpath={.spec.${group}}`;
      const stored = JSON.parse(await run('get', 'db', 'deep', '-o', path)) as Json;
      expect(stored).not.toHaveProperty('nothing');
      expect(stored).toHaveProperty(flag, false);
    });

    it('is asked by its rules when it is created, which say why', async () => {
      const spec = { engine: 'mysql', replicas: 12 };
      const object = { apiVersion: 'data.example.com/v1', kind: 'Database', spec };
      const file = join(api.folder, 'many.json');
      await writeFile(file, JSON.stringify({ ...object, metadata: { name: 'many' } }));
      expect(await run('create', '-f', file)).toContain(
        'The Database "many" is invalid: spec.replicas: Forbidden: ' +
          'mysql has at most 9 members',
      );
    });

    it('explains itself', async () => {
      const text = await run('explain', 'database.spec.replicas');
      expect(text).toContain('FIELD: replicas <integer>');
      expect(text).toContain('How many members.');
      expect(await run('explain', 'db', '--api-version=data.example.com/v1beta1')).toContain(
        'VERSION:    v1beta1',
      );
    });

    it('scales, and is asked by its rules', async () => {
      expect(await run('scale', 'db/main', '--replicas=3')).toContain('scaled');
      expect(await run('scale', 'db/main', '--replicas=-1')).toContain(
        'COUNT must be greater than or equal to 0',
      );
      const mysql = ['patch', 'db', 'main', '--type=merge', '-p', '{"spec":{"engine":"mysql"}}'];
      expect(await run(...mysql)).toContain('spec: Invalid value: "object": engine is immutable');
      const wrong = ['patch', 'db', 'main', '--type=merge', '-p', '{"spec":{"replicas":"many"}}'];
      expect(await run(...wrong)).toContain(
        'spec.replicas in body must be of type integer: "string"',
      );
    });

    it('is converted by its webhook', async () => {
      const old = ['get', 'databases.v1beta1.data.example.com', 'main', '-o', 'jsonpath={.spec}'];
      expect(JSON.parse(await run(...old))).toEqual({ engine: 'postgres', size: 3 });
      const resize = ['patch', 'databases.v1beta1.data.example.com', 'main', '--type=merge'];
      expect(await run(...resize, '-p', '{"spec":{"size":5}}')).toContain('patched');
      expect(await run('get', 'db', 'main', '-o', 'jsonpath={.spec.replicas}')).toBe('5');
    });

    it('is applied on the server’s side, and goes with its definition', async () => {
      expect(
        await run('apply', '--server-side', '--force-conflicts', '-f', 'pruned.yaml'),
      ).toContain('serverside-applied');
      const gone = await run('delete', '--wait', '--timeout=10s', '-f', 'crd.yaml');
      expect(gone).toContain('deleted');
      expect(await run('get', 'databases')).toContain('could not find the requested resource');
    });
  },
  60_000,
);
