/** Lists and watches in every combination of what their queries may say. */
import { CONFIG_MAPS, PODS, THINGS } from './scene.ts';

export interface ListCase {
  /** With `$old` and `$token(good)` for what is known when the scene is set. */
  readonly path: string;
  readonly accept?: string;
}

const BOTH = [CONFIG_MAPS, THINGS];
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const METADATA = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
const ONE_METADATA = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';

/** A value of each is in the query, or it is absent: undefined. */
type Choices = Readonly<Record<string, readonly (string | undefined)[]>>;

function queries(choices: Choices): string[] {
  let all: string[] = [''];
  for (const [name, values] of Object.entries(choices))
    all = all.flatMap((query) =>
      values.map((value) => (value === undefined ? query : `${query}&${name}=${value}`)),
    );
  return all.map((query) => query.slice(1));
}

const cases = (
  paths: readonly string[],
  choices: Choices,
  accepts: readonly (string | undefined)[] = [undefined],
) =>
  paths.flatMap((path) =>
    accepts.flatMap((accept) =>
      queries(choices).map((query): ListCase => ({
        path: query === '' ? path : `${path}?${query}`,
        ...(accept !== undefined && { accept }),
      })),
    ),
  );

const VERSIONS = [undefined, '', '0', '1', '$old', '$current', '$future', 'x', '-1'];
const MATCHES = [undefined, 'NotOlderThan', 'Exact', 'Some'];
const LIMITS = [undefined, '0', '1', '500', '-1', 'x'];
const TOKENS = [undefined, 'good', 'selected', 'expired', 'newest', 'garbage'].map(
  (name) => name && `$token(${name})`,
);
const OTHER_TOKENS = ['everywhere', 'beyond', 'upwards', 'absolute', 'odd', 'unheard', 'signs'].map(
  (name) => `$token(${name})`,
);
const BOOLEANS = [undefined, 'true', 'false', 'garbage', ''];

const lists: readonly ListCase[] = [
  ...cases(BOTH, {
    resourceVersion: VERSIONS,
    resourceVersionMatch: MATCHES,
    limit: LIMITS,
    continue: TOKENS,
  }),
  ...cases(BOTH, {
    resourceVersion: [undefined, '0', '$old'],
    limit: [undefined, '1', '2'],
    continue: [...OTHER_TOKENS, ''],
    labelSelector: [undefined, 'odd%3Dyes'],
  }),
  ...cases(BOTH, {
    resourceVersion: [undefined, '0', '$old'],
    resourceVersionMatch: MATCHES,
    sendInitialEvents: BOOLEANS,
    allowWatchBookmarks: [undefined, 'true', 'garbage'],
    continue: [undefined, '$token(good)'],
  }),
  ...cases(BOTH, {
    resourceVersion: [undefined, '0', '$old', '1', '$current'],
    resourceVersionMatch: MATCHES,
    limit: [undefined, '1', '2', '500'],
    labelSelector: [undefined, 'odd%3Dyes'],
    fieldSelector: [undefined, 'metadata.name%3Dc'],
  }),
  ...cases(
    BOTH,
    {
      resourceVersion: [undefined, '0', '1', '$old'],
      limit: [undefined, '2'],
      continue: [undefined, '$token(good)', '$token(expired)'],
      timeoutSeconds: [undefined, '0', '-1', 'x'],
    },
    [TABLE, METADATA, ONE_METADATA],
  ),
  ...cases(['/api/v1/configmaps', '/apis/lists.example.com/v1/things'], {
    resourceVersion: ['0', '$old'],
    resourceVersionMatch: ['Exact', 'NotOlderThan'],
    labelSelector: ['odd%3Dyes', 'kubernetes.io%2Fmetadata.name%3Dlists'],
    limit: [undefined, '1'],
  }),
];

const LABELS = [
  ...['', ' ', ',', 'a,', ',a', '!a', '! a', '!', '!!a', 'odd', 'odd=', 'odd==', 'odd==yes'],
  ...[
    'odd!=yes',
    'odd in (yes,no)',
    'odd in (yes,)',
    'odd in ()',
    'odd in (',
    'odd in',
    'in in (in)',
  ],
  ...[
    'odd notin (yes)',
    'odd notin (yes',
    'odd notin',
    'notin',
    'in',
    'odd>1',
    'odd>x',
    'odd<1,of=a',
  ],
  ...[
    'odd>=1',
    'odd>1,odd<3',
    'a/b/c',
    '/a',
    'a/',
    'A_B/c',
    'a.b/c',
    'a=b=c',
    'a===b',
    '-a',
    'a=-b',
  ],
  ...[
    `${'a'.repeat(64)}`,
    `a=${'b'.repeat(64)}`,
    `${'a'.repeat(254)}/a`,
    'odd = yes',
    'odd\tin\t(yes)',
  ],
  ...[
    'odd=yes,odd=no',
    'odd=yes,,of=a',
    'odd yes',
    'odd (yes)',
    '(odd)',
    'odd)',
    'odd!yes',
    'odd!',
    'ödd',
  ],
  ...[
    'odd in (yes, no',
    'odd in yes',
    'odd in (ö)',
    'odd in (-)',
    'odd=ö',
    'of in (a,b),odd notin (no)',
  ],
  ...[
    'metadata.name=a',
    'x in ("a")',
    "a='b'",
    'odd>1.5',
    'odd<-1',
    'odd>',
    'a b c',
    'in',
    'in=a',
    'notin!=b',
  ],
];
const FIELDS = [
  ...[
    '',
    ',',
    'metadata.name',
    'metadata.name=',
    'metadata.name==',
    'metadata.name=a',
    'metadata.name==a',
  ],
  ...['metadata.name!=a', 'metadata.name=a,metadata.name=a', 'metadata.name=a,metadata.name=b'],
  ...[
    'metadata.name=a,metadata.name!=a',
    'metadata.name=a,',
    ',metadata.name=a',
    'metadata.name=a,,',
  ],
  ...[
    'metadata.name===a',
    'metadata.name=a=b',
    'metadata.name=a\\,b',
    'metadata.name=a\\=b',
    'metadata.name=a\\',
  ],
  ...[
    'metadata.name=\\a',
    'metadata.name in (a)',
    'metadata.name>a',
    'metadata.name=A_B',
    'metadata.name=a/b',
  ],
  ...['metadata.name=../a', ' metadata.name=a', 'metadata.name = a', 'metadata.namespace=lists'],
  ...[
    'metadata.namespace=other',
    'metadata.namespace!=lists',
    'metadata.namespace=',
    'metadata.namespace=A_B',
  ],
  ...['metadata.name=a,metadata.namespace=lists', 'metadata.name=a,metadata.namespace=other'],
  ...[
    'metadata.uid=x',
    'spec.color=red',
    'spec.color!=red',
    'spec.size=1',
    'status.phase=Pending',
    '=a',
    '!=a',
  ],
  ...[
    'metadata.name!a',
    'metadata.name!=',
    '==',
    '=',
    'a',
    'metadata.name=%',
    'spec.nodeName=',
    'spec.nodeName!=',
  ],
  ...[
    'status.phase=Pending,spec.nodeName=',
    'spec.hostNetwork=false',
    'status.podIP=',
    'spec.restartPolicy=Always',
  ],
  ...['.spec.color=red', 'spec.color=red,metadata.name=b', 'spec.color=red,metadata.name=a'],
];
const ALL = [...BOTH, PODS];
const EVERYWHERE = ['/apis/lists.example.com/v1/things', '/api/v1/nodes'];
const WATCHED = { watch: ['1'], timeoutSeconds: ['1'] };
const encoded = (values: readonly string[]): string[] =>
  values.map((value) => encodeURIComponent(value));

const selectors: readonly ListCase[] = [
  ...cases([...ALL, ...EVERYWHERE], { labelSelector: encoded(LABELS) }),
  ...cases([...ALL, ...EVERYWHERE], { fieldSelector: encoded(FIELDS) }),
  ...cases(BOTH, { ...WATCHED, resourceVersion: ['0'], labelSelector: encoded(LABELS) }),
  ...cases(BOTH, { ...WATCHED, resourceVersion: ['0', '$old'], fieldSelector: encoded(FIELDS) }),
  ...cases(ALL, {
    labelSelector: ['a%3D%3D%3Db'],
    fieldSelector: ['a', 'unheard%3Da'],
    limit: [undefined, 'x'],
    continue: [undefined, 'garbage'],
    resourceVersionMatch: [undefined, 'Some'],
  }),
  ...cases(
    ALL,
    {
      fieldSelector: ['unheard%3Da'],
      limit: [undefined, 'x'],
      timeoutSeconds: [undefined, 'x'],
      resourceVersion: [undefined, 'x'],
      continue: [undefined, 'garbage'],
      resourceVersionMatch: [undefined, 'Some'],
      watch: [undefined, '1'],
    },
    [undefined, 'text/html'],
  ),
];

/**
 * Of states that are read first only those of version 0: at a newer one kube-apiserver waits for
 * what an etcd before 3.4.31 does not tell, and what it says of others is docs/COMPATIBILITY.md's.
 */
const watches: readonly ListCase[] = [
  ...cases(BOTH, {
    ...WATCHED,
    resourceVersion: ['0', '$old'],
    resourceVersionMatch: [undefined, 'Exact', 'Some'],
    sendInitialEvents: BOOLEANS,
    continue: [undefined, '$token(good)'],
  }),
  ...cases(BOTH, {
    ...WATCHED,
    resourceVersion: ['$old'],
    sendInitialEvents: BOOLEANS,
    allowWatchBookmarks: ['true'],
  }),
  ...cases(BOTH, {
    watch: ['1', 'true', 'false', '0', '', 'garbage', 'True', 'FALSE'],
    timeoutSeconds: ['1', 'x', '1.5', '9999999999999999999', '%2B1'],
    resourceVersion: ['0'],
    limit: [undefined, '1', 'x', '-1'],
    continue: [undefined, 'garbage'],
  }),
  ...cases(
    BOTH,
    {
      ...WATCHED,
      resourceVersion: ['0', '$old'],
      resourceVersionMatch: [undefined, 'NotOlderThan'],
    },
    [TABLE, ONE_METADATA, 'application/json;stream=watch', 'application/yaml', 'text/html'],
  ),
  ...cases(
    ['/a', '/missing', '/A_B'].flatMap((name) =>
      [CONFIG_MAPS, THINGS].map((path) => path.replace('/v1/', '/v1/watch/') + name),
    ),
    {
      timeoutSeconds: ['1'],
      watch: [undefined, 'false'],
      resourceVersion: ['0', '$old'],
      resourceVersionMatch: [undefined, 'NotOlderThan', 'Some'],
      sendInitialEvents: [undefined, 'true'],
    },
  ),
];

export const listCases = [...lists, ...selectors, ...watches];
