/** What a kube-apiserver and ours are asked with beside each other, and what is alike in their answers. */
import { kinds } from '../../apiserver/registry/kinds/index.ts';
import { TestApi } from './api-core.ts';
import { KubeApiserver } from './kube-apiserver.ts';

type Json = Record<string, unknown>;

/** What manifests refer to. */
const needed = [
  [
    '/apis/node.k8s.io/v1/runtimeclasses',
    { metadata: { name: 'needed' }, handler: 'h', overhead: { podFixed: { cpu: '10m' } } },
  ],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'needed' }, value: 1 }],
] as const;

const labelled = { metadata: { labels: { 'resource.kubernetes.io/admin-access': 'true' } } };

export interface Both {
  readonly beside: KubeApiserver;
  readonly api: TestApi;
  stop(): Promise<void>;
}

/** Empty but for what manifests refer to. */
export async function startBoth(): Promise<Both> {
  const beside = await KubeApiserver.start();
  // As which it is asked, too.
  const api = new TestApi(kinds, undefined, { groups: ['system:masters'] });
  const stop = async (): Promise<void> => {
    await beside.stop();
    await api.stop();
  };
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
  const type = 'application/merge-patch+json';
  for (const server of [beside, api]) {
    for (const [path, body] of needed) await server.call('POST', path, { body });
    await server.call('PATCH', '/api/v1/namespaces/default', { body: labelled, type });
  }
  return { beside, api, stop };
}

/** Warnings, in any order: Kubernetes goes through maps. */
export const sorted = (warnings: readonly string[]): readonly string[] => [...warnings].sort();

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const uid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Decoding does not tell what is empty from what is absent. */
const withoutEmpties = (text: string): string =>
  text.replace(/ value: (?:\{\}|\[\]|null)(?=:)/g, ' value: nothing');

interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly message: string }[] };
}

function refusal(status: Refusal): unknown {
  const { causes, ...details } = status.details ?? {};
  const text = withoutEmpties(status.message ?? '').replace(uid, 'UID');
  // Kubernetes names some of them twice.
  const named = new Set(
    causes?.map((cause) => withoutEmpties(JSON.stringify(cause)).replace(uid, 'UID')),
  );
  const { code, reason } = status;
  return { code, reason, message: text, details, causes: [...named].sort() };
}

/** Where the text of a JSON value that begins at `start` ends. */
function endOfJson(text: string, start: number): number {
  let depth = 0;
  for (let i = start, quoted = false; i < text.length; i++) {
    const char = text[i]!;
    if (quoted && char === '\\') i++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && '[{'.includes(char)) depth++;
    else if (!quoted && ']}'.includes(char) && --depth === 0) return i + 1;
  }
  return text.length;
}

/**
 * Kubernetes shows the internal structs that may not change, and what changed within as a diff of
 * such: docs/COMPATIBILITY.md says what is shown here.
 */
function withoutShown(text: string): string {
  const said = text
    .split(/\n(?= |@@)| (?=@@ )/)[0]!
    .replaceAll('value: nothing', 'value: …')
    .trimEnd();
  const shown = / value: [[{]/.exec(said);
  if (shown === null) return said;
  const start = shown.index + ' value: '.length;
  return `${said.slice(0, start)}…${withoutShown(said.slice(endOfJson(said, start)))}`;
}

/** {@link comparableAnswer} of an update. */
export function comparableUpdate(answer: unknown, manifest: unknown): unknown {
  const text = JSON.stringify(comparableAnswer(answer, manifest), (key, value: unknown) => {
    if (key === 'message') return withoutShown(value as string);
    if (key !== 'causes') return value;
    const causes = (value as string[]).map((each) =>
      JSON.stringify(JSON.parse(each), (name, inner: unknown) =>
        name === 'message' ? withoutShown(inner as string) : inner,
      ),
    );
    return [...new Set(causes)].sort();
  });
  return JSON.parse(text);
}

/** uids, versions, times, allocated numbers and who asked differ each time. */
export function comparableAnswer(answer: unknown, manifest: unknown): unknown {
  const object = answer as { kind: string; metadata?: Json; spec?: Json } & Json;
  if (object.kind === 'Status') return refusal(answer as Refusal);
  const sent = JSON.stringify(manifest);
  const copy = JSON.parse(JSON.stringify(object), (_key, value: unknown) => {
    if (typeof value !== 'string' || sent.includes(value)) return value;
    return time.test(value) ? 'NOW' : value.replace(uid, 'UID');
  }) as typeof object;
  for (const field of ['resourceVersion', 'managedFields']) delete copy.metadata?.[field];
  const { spec } = copy;
  if (copy.kind === 'CertificateSigningRequest' && spec !== undefined) {
    for (const field of ['username', 'groups', 'extra']) delete spec[field];
  }
  if (copy.kind === 'Service' && spec !== undefined) withoutAllocated(spec, sent);
  return copy;
}

function withoutAllocated(spec: Json, sent: string): void {
  for (const port of (spec['ports'] ?? []) as Json[]) delete port['nodePort'];
  delete spec['healthCheckNodePort'];
  const { clusterIP } = spec;
  if (typeof clusterIP !== 'string' || clusterIP === 'None' || sent.includes(clusterIP)) return;
  delete spec['clusterIP'];
  delete spec['clusterIPs'];
}
