/** What is alike in answers to lists and watches. */
import type { Scene } from './scene.ts';
import type { Exchanged } from './server.ts';

interface Answered {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: object;
  readonly metadata?: {
    readonly name?: string;
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly items?: readonly Answered[];
  readonly rows?: readonly { readonly object?: Answered }[];
}

interface Event {
  readonly type: string;
  readonly object: Answered;
}

export type Told = readonly unknown[];

export function told({ code, text }: Exchanged, scene: Scene): Told {
  const values = parsedLines(text);
  if (values === undefined) return [code, text];
  const [first] = values as readonly Answered[];
  if (first === undefined) return [code, []];
  if ('type' in first)
    return [
      code,
      (values as unknown as Event[]).filter(isTold).map((one) => eventTold(one, scene)),
    ];
  return [code, answerTold(first, scene)];
}

function parsedLines(text: string): readonly unknown[] | undefined {
  const values = (texts: readonly string[]) => texts.map((one) => JSON.parse(one) as unknown);
  for (const texts of [[text], text.split('\n').filter((line) => line !== '')]) {
    try {
      return values(texts);
    } catch {
      // It is the other.
    }
  }
  return undefined;
}

/** When others are sent is up to the server. */
const END = 'k8s.io/initial-events-end';
const isTold = ({ type, object }: Event): boolean =>
  type !== 'BOOKMARK' || metadataOf(object)?.annotations?.[END] === 'true';

const metadataOf = (object: Answered): Answered['metadata'] =>
  object.kind === 'Table' ? object.rows?.[0]?.object?.metadata : object.metadata;

function eventTold({ type, object }: Event, scene: Scene): unknown {
  if (type === 'ERROR') return [type, answerTold(object, scene)];
  return [type, object.kind, type === 'BOOKMARK' ? 'end' : metadataOf(object)?.name];
}

function answerTold(answer: Answered, scene: Scene): unknown {
  const { kind, metadata, items, rows } = answer;
  if (kind === 'Status') {
    const { code, reason, message, details } = answer;
    const status = { code, reason, message, details, ...tokenTold(metadata, scene) };
    return JSON.parse(withoutVersions(JSON.stringify(status), scene)) as unknown;
  }
  const named = items?.map((item) => item.metadata?.name);
  return {
    kind,
    names: (named ?? rows?.map(({ object }) => object?.metadata?.name))?.join(' '),
    version: nameOf(metadata?.resourceVersion, scene),
    remaining: metadata?.remainingItemCount,
    ...tokenTold(metadata, scene),
  };
}

function tokenTold(metadata: Answered['metadata'], scene: Scene): object {
  const token = metadata?.continue;
  if (token === undefined || token === '') return {};
  const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as {
    readonly rv: number;
    readonly start: string;
  };
  // In Kubernetes that depends on whether cache or store answered.
  return { continue: [nameOf(String(rv), scene), start.replace(/^\//, '')] };
}

/** What was written since, of which a server's own writes are part, is as good as now. */
function nameOf(version: string | undefined, { versions }: Scene): string | undefined {
  if (version === undefined || version === '') return version;
  if (version === '-1' || version === versions.get('old'))
    return version === '-1' ? version : '$old';
  return Number(version) > Number(versions.get('old')) ? 'later' : version;
}

function withoutVersions(text: string, { versions }: Scene): string {
  let told = text.replace(/current: \d+/g, 'current: N').replace(/\((\d+)\)/g, '(N)');
  for (const [name, version] of versions) told = told.replaceAll(version, `$${name}`);
  return told;
}
