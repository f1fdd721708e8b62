/** What the webhooks of the stories answer: the same to every server that asks. */
import type { Lifecycle } from '../../../platform/lifecycle.ts';
import { newCa, startHttps } from '../https-server.ts';
import { conversionAnswer, type ConversionReview } from './conversion-answers.ts';
import type { Answer } from '../https-server.ts';
import type { Ask } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

/** Stands for where they are, in what is sent and told. */
export const HOOKS = 'https://hooks.test';
/** Stands for the certificate that vouches for them. */
export const HOOKS_CA = Buffer.from('the authority of the hooks').toString('base64');

interface Review {
  readonly apiVersion: string;
  readonly request: Json & { readonly uid: string; readonly object: Json | null };
}

const no = (status?: Json): Json => ({ allowed: false, ...(status && { status }) });
const patched = (patch: unknown, patchType: unknown = 'JSONPatch'): Json => ({
  allowed: true,
  patchType,
  patch: Buffer.from(typeof patch === 'string' ? patch : JSON.stringify(patch)).toString('base64'),
});
const add = (path: string, value: unknown): Json => ({ op: 'add', path, value });

/** By path: the response of a review, with the right uid unless it has one. */
const responses: Readonly<Record<string, (review: Review) => Json>> = {
  allow: () => ({ allowed: true }),
  deny: () => no(),
  explained: () => no({ message: 'not so', reason: 'Odd', code: 409, details: { name: 'x' } }),
  reasoned: () => no({ reason: 'Odd' }),
  fine: () => no({ code: 200, message: 'it is fine', status: 'Success' }),
  beyond: () => no({ code: 700, message: 'beyond', status: 'Broken' }),
  status: () => ({ allowed: true, status: { message: 'allowed, but' } }),
  warns: () => ({
    allowed: true,
    warnings: ['one', '', 'two\nlines', 'x'.repeat(300), ...Array.from({ length: 30 }, String)],
  }),
  warnsLong: () => ({
    allowed: true,
    warnings: Array.from({ length: 60 }, (_, i) => `${i}${'y'.repeat(250)}`),
  }),
  annotates: () => ({ allowed: true, auditAnnotations: { a: 'b', 'c/d/e': 'f' } }),
  other: () => ({ uid: 'other', allowed: true }),
  patches: () => patched([add('/data/b', '2')]),
  bare: () => ({ allowed: true, patch: patched([]).patch }),
  typed: () => ({ allowed: true, patchType: 'JSONPatch' }),
  merges: () => patched({ data: { b: '2' } }, 'MergePatch'),
  broken: () => patched('[{'),
  none: () => patched([]),
  missing: () => patched([{ op: 'replace', path: '/data/none', value: '1' }]),
  tests: () => patched([{ op: 'test', path: '/data/a', value: '9' }, add('/data/b', '2')]),
  removes: () => patched([{ op: 'remove', path: '/data/none' }]),
  unheard: () => patched([{ op: 'unheard', path: '/data/a' }]),
  invalid: () => patched([add('/data/x~1y', '1')]),
  typeless: () => patched([add('/data/b', 2)]),
  unknown: () => patched([add('/unheard', 2)]),
  renames: () => patched([add('/metadata/name', 'renamed')]),
  moves: () => patched([add('/metadata/namespace', 'moved')]),
  turns: () => patched([add('/kind', 'Unheard')]),
  unkinds: () => patched([{ op: 'remove', path: '/kind' }]),
  versions: () => patched([add('/apiVersion', 'v2')]),
  marks: () => patched([add('/metadata/resourceVersion', '7'), add('/metadata/uid', 'u')]),
  counts: ({ request }) => {
    const { data } = request.object as { data: Record<string, string> };
    return patched([add('/data/n', String(Number(data['n'] ?? 0) + 1))]);
  },
  echo: ({ request }) => no({ message: JSON.stringify(told(request)), code: 418 }),
};

/** What differs each time is left out, and names are in order. */
function told(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^made-.*/, 'made');
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== 'object' || value === null) return value;
  const left = new Set(['uid', 'userInfo', 'managedFields', 'resourceVersion', 'clusterIP']);
  const entries = Object.entries(value).filter(([name]) => !left.has(name) && !/IPs$/.test(name));
  return Object.fromEntries(
    entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, /Timestamp$/.test(name) && each ? 'NOW' : told(each)]),
  );
}

/** By path: whole answers. */
const answers: Readonly<Record<string, (review: Review) => Answer | Promise<Answer>>> = {
  garbage: () => ({ body: '{garbage' }),
  empty: () => ({ body: '' }),
  absent: ({ apiVersion }) => ({ body: { apiVersion, kind: 'AdmissionReview' } }),
  older: ({ request: { uid } }) => review('admission.k8s.io/v1beta1', { uid, allowed: true }),
  list: () => ({ body: [1] }),
  elsewhere: ({ request: { uid } }) => review('admission.k8s.io/v2', { uid, allowed: true }),
  kindless: ({ apiVersion, request: { uid } }) => ({
    body: { apiVersion, kind: 'Pod', response: { uid, allowed: true } },
  }),
  untyped: ({ request: { uid } }) => ({ body: { response: { uid, allowed: true } } }),
  failed: () => ({ status: 500, body: 'it broke' }),
  lost: () => ({ status: 404, body: 'not here' }),
  forbidden: () => ({ status: 403, body: 'not you' }),
  busy: () => ({ status: 429, body: 'later' }),
  spoken: () => ({ status: 500, headers: { 'content-type': 'text/plain' }, body: 'it broke\n' }),
  barred: () => ({ status: 403, headers: { 'content-type': 'text/plain' }, body: 'not you' }),
  hangs: () => new Promise(() => {}),
};

const review = (apiVersion: string, response: Json): Answer => ({
  body: { apiVersion, kind: 'AdmissionReview', response },
});

function answer(path: string, sent: Review): Answer | Promise<Answer> {
  const name = path.slice(1).split('?')[0]!;
  const response = responses[name]?.(sent);
  if (response === undefined) return answers[name]!(sent);
  return review(sent.apiVersion, { uid: sent.request.uid, ...response });
}

/** {@link HOOKS} in what is sent by `ask` is where they are. */
export async function withWebhooks(parts: Lifecycle, ask: Ask): Promise<Ask> {
  const ca = newCa();
  const url = await startHttps(parts, ca, {
    answer: ({ path, body }) =>
      path.startsWith('/convert')
        ? conversionAnswer(JSON.parse(body) as ConversionReview)
        : answer(path, JSON.parse(body) as Review),
  });
  const bundle = Buffer.from(ca.certificate).toString('base64');
  const pairs = [
    [HOOKS, url],
    [HOOKS_CA, bundle],
  ] as const;
  const replaced = (value: unknown, from: 0 | 1): unknown =>
    value === undefined
      ? undefined
      : JSON.parse(
          pairs.reduce(
            (text, pair) => text.replaceAll(pair[from], pair[1 - from]!),
            JSON.stringify(value),
          ),
        );
  return async (sent) => {
    const answered = await ask({ ...sent, body: replaced(sent.body, 0) });
    return replaced(answered, 1) as typeof answered;
  };
}
