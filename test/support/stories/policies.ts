/** Policies of admission: what is said of them, and by them. */
import { core, namespace, pod, TRY } from './admission.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const API = '/apis/admissionregistration.k8s.io/v1';
const pods = [
  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] },
];

const policy = (name: string, spec: Json): Json => ({
  metadata: { name },
  spec: { matchConstraints: { resourceRules: pods }, ...spec },
});

const bindingOf = (name: string, actions: readonly string[], more: Json = {}): Json => ({
  metadata: { name },
  spec: {
    policyName: name,
    validationActions: actions,
    matchResources: { namespaceSelector: { matchLabels: { judged: name } } },
    ...more,
  },
});

const named = (name: string, labels: Json = {}): Json => ({
  ...pod([{ name: 'c', image: 'i' }]),
  metadata: { name, labels },
});

/** A policy in a namespace of its own, and pods there. */
function judged(
  name: string,
  spec: Json,
  of: {
    readonly actions?: readonly string[];
    readonly until?: number;
    readonly binding?: Json;
  } = {},
): Story {
  const { actions = ['Deny'], until = 422, binding } = of;
  const created = (body: Json): Step => ({
    ask: `POST ${core(name, 'pods')}${TRY}`,
    body,
    shows: ['metadata.name'],
  });
  return {
    title: `policies: ${name}`,
    steps: [
      namespace(name, { judged: name }),
      given(`POST ${API}/validatingadmissionpolicies`, policy(name, spec)),
      given(`POST ${API}/validatingadmissionpolicybindings`, bindingOf(name, actions, binding)),
      { ...created(named('bad')), until },
      created(named('good', { ok: 'yes' })),
      created(named('odd', { ok: 'no' })),
      given(`DELETE ${API}/validatingadmissionpolicies/${name}`),
      ...(until === 201
        ? []
        : [{ ...given(`POST ${core(name, 'pods')}${TRY}`, named('bad')), until: 201 }]),
    ],
  };
}

const ok = "has(object.metadata.labels) && 'ok' in object.metadata.labels";

const policyStoriesOf: readonly Story[] = [
  judged('simple', { validations: [{ expression: ok }] }),
  judged(
    'messages',
    { validations: [{ expression: ok, message: 'not ok', reason: 'Forbidden' }] },
    { until: 403 },
  ),
  judged('computed', {
    validations: [
      { expression: ok, message: 'not ok', messageExpression: "'not ok: ' + object.metadata.name" },
    ],
  }),
  judged('long', { validations: [{ expression: ok, messageExpression: "'  '" }] }),
  judged('failing', { validations: [{ expression: "object.metadata.labels['ok'] == 'yes'" }] }),
  judged(
    'several',
    {
      validations: [
        { expression: ok, reason: 'RequestEntityTooLarge' },
        { expression: "object.metadata.name != 'bad'", message: 'a bad name' },
      ],
    },
    { until: 413 },
  ),
  judged('variables', {
    variables: [
      { name: 'ok', expression: ok },
      { name: 'yes', expression: "variables.ok && object.metadata.labels['ok'] == 'yes'" },
    ],
    validations: [{ expression: 'variables.yes' }],
  }),
  judged('conditions', {
    matchConditions: [{ name: 'named', expression: "object.metadata.name != 'odd'" }],
    validations: [{ expression: 'false' }],
  }),
  judged('broken', {
    matchConditions: [{ name: 'labelled', expression: "object.metadata.labels['a'] == 'b'" }],
    validations: [{ expression: 'false' }],
  }),
  judged(
    'missing',
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: "params.data.ok == 'yes'" }],
    },
    {
      binding: {
        paramRef: { name: 'none', namespace: 'default', parameterNotFoundAction: 'Deny' },
      },
    },
  ),
  judged('unparametrized', {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    validations: [{ expression: 'params != null' }],
  }),
  judged('authorized', {
    validations: [
      { expression: "authorizer.group('').resource('pods').check('unheard').allowed() == false" },
    ],
  }),
];

const warned: Story = {
  title: 'policies: warnings',
  steps: [
    namespace('warned', { judged: 'warned' }),
    given(
      `POST ${API}/validatingadmissionpolicies`,
      policy('denied', { validations: [{ expression: "object.metadata.name != 'deny'" }] }),
    ),
    given(
      `POST ${API}/validatingadmissionpolicies`,
      policy('warned', {
        validations: [{ expression: ok, message: 'better be ok' }, { expression: 'false' }],
      }),
    ),
    given(`POST ${API}/validatingadmissionpolicybindings`, bindingOf('warned', ['Warn', 'Audit'])),
    given(`POST ${API}/validatingadmissionpolicybindings`, {
      ...bindingOf('denied', ['Deny'], {
        matchResources: { namespaceSelector: { matchLabels: { judged: 'warned' } } },
      }),
    }),
    { ...given(`POST ${core('warned', 'pods')}${TRY}`, named('deny')), until: 422 },
    { ask: `POST ${core('warned', 'pods')}${TRY}`, body: named('bad'), shows: ['metadata.name'] },
    {
      ask: `POST ${core('warned', 'pods')}${TRY}`,
      body: named('good', { ok: 'yes' }),
      shows: ['metadata.name'],
    },
  ],
};

const scoped = (path: string): Step => ({ ask: `GET /apis/admissionregistration.k8s.io/${path}` });

export const policyStories: readonly Story[] = [
  ...policyStoriesOf,
  warned,
  {
    title: 'policies: versions that are not served',
    steps: [
      'v1alpha1/mutatingadmissionpolicies',
      'v1beta1/validatingadmissionpolicies',
      'v1/mutatingadmissionpolicies',
    ].map(scoped),
  },
];
