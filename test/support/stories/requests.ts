/** Tokens that are asked for, certificates that are approved, devices that are claimed. */
import { core, namespace, TRY } from './admission.ts';
import { given, type Step, type Story } from './story.ts';
import { named } from './subresources.ts';

type Json = Readonly<Record<string, unknown>>;

const token = (spec: unknown, account = 'runner'): Step => ({
  ask: `POST ${core('tokens', 'serviceaccounts')}/${account}/token`,
  body: { spec },
  shows: ['spec'],
});

const tokens: Story = {
  title: 'subresources: tokens',
  steps: [
    namespace('tokens'),
    given(`POST ${core('tokens', 'serviceaccounts')}`, { metadata: { name: 'runner' } }),
    given(`POST ${core('tokens', 'pods')}`, { ...named('p', { serviceAccountName: 'other' }) }),
    given(`POST ${core('tokens', 'secrets')}`, { metadata: { name: 's' } }),
    token({}),
    token({ audiences: ['a', 'b'], expirationSeconds: 601 }),
    token({ expirationSeconds: 599 }),
    token({ expirationSeconds: 4_294_967_297 }),
    token({ expirationSeconds: -1 }),
    token({ audiences: [''] }),
    token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'missing' } }),
    token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }),
    token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'missing', uid: 'u' } }),
    token({ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 's', uid: 'u' } }),
    token({ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 's' } }),
    token({ boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'missing' } }),
    token({ boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 's' } }),
    token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v2', name: 's' } }),
    token({ boundObjectRef: {} }),
    token({}, 'missing'),
    { ...token({}), body: { metadata: { name: 'other' }, spec: {} } },
    { ...token({}), body: { metadata: { namespace: 'other' }, spec: {} } },
    { ask: `GET ${core('tokens', 'serviceaccounts')}/runner/token` },
  ],
};

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const REQUEST = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISE1IQUNBUUF3RGpFTU1Bb0dBMVVFQXd3RFlX',
  'NXVNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRApRZ0FFdWFoYThDZUsycUdFTmRGWFU1RFZ1N3B0bEtt',
  'aHJvZCsvZ0hUamxzUXVDcGhZSkxDTkVoZCtLMmg3NWt2CmpwRjZoaEhERlNzblFzYkxNZjUrWU1IOTg2QUFNQW9H',
  'Q0NxR1NNNDlCQU1DQTBjQU1FUUNJRThjYTA3ZHlNQ3QKMVBvbS80dVRaTTRGeC9kVUVQSXVKTWpGZ0E1V1FJTGlB',
  'aUFVR2ZkRUFMNndMY3M3UCtNZlQwTFV2U3ZIQjBXRgp2d2hEbWY4U21IdTFtdz09Ci0tLS0tRU5EIENFUlRJRklD',
  'QVRFIFJFUVVFU1QtLS0tLQo=',
].join('');
const request = (more: Json = {}): Json => ({
  metadata: { name: 'signs' },
  spec: { request: REQUEST, signerName: 'example.com/mine', usages: ['client auth'], ...more },
});
const condition = (type: string, more: Json = {}): Json => ({
  type,
  status: 'True',
  reason: 'r',
  message: 'm',
  ...more,
});
const approval = (conditions: readonly Json[], as?: string): Step => ({
  ask: `PATCH ${REQUESTS}/signs/approval`,
  body: { status: { conditions } },
  shows: ['status'],
  ...(as !== undefined && { as }),
});
const certified = (status: Json): Step => ({
  ask: `PATCH ${REQUESTS}/signs/status`,
  body: { status },
  shows: ['status'],
});
const pem = (text: string): string => Buffer.from(text).toString('base64');

const approvals: Story = {
  title: 'subresources: approvals of certificates',
  steps: [
    ...[
      request({ request: 'YQ==' }),
      request({ request: undefined }),
      request({ signerName: 'mine' }),
      request({ signerName: 'a/b/c' }),
      request({ signerName: 'example.com/A_B' }),
      request({ signerName: 'kubernetes.io/legacy-unknown' }),
      request({ signerName: 'kubernetes.io/kube-apiserver-client', usages: ['server auth'] }),
      request({ usages: [] }),
      request({ usages: ['client auth', 'client auth', 'unheard'] }),
      request({ expirationSeconds: 599 }),
    ].map((body) => ({ ask: `POST ${REQUESTS}${TRY}`, body, shows: ['spec.usages', 'status'] })),
    given(`POST ${REQUESTS}`, request()),
    approval([condition('Other')]),
    approval([condition('Approved', { status: 'False' })]),
    approval([condition('Approved', { status: 'Maybe' })]),
    approval([condition('Approved'), condition('Denied')]),
    approval([condition('Approved'), condition('Approved')]),
    approval([condition('')]),
    approval([condition('Approved')], 'ann'),
    certified({ certificate: pem('x') }),
    certified({ conditions: [condition('Approved')] }),
    approval([condition('Approved')]),
    approval([]),
    approval([condition('Denied')]),
    approval([condition('Approved'), condition('Denied')]),
    approval([condition('Approved'), condition('Failed')]),
    certified({ certificate: pem('x') }),
    certified({
      certificate: pem('-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n'),
    }),
    certified({
      certificate: pem('-----BEGIN PRIVATE KEY-----\nYQ==\n-----END PRIVATE KEY-----\n'),
    }),
    certified({ conditions: [condition('Approved'), condition('Failed')] }),
    {
      ask: `PATCH ${REQUESTS}/signs`,
      body: { spec: { usages: ['server auth'] } },
      shows: ['spec.usages'],
    },
    {
      ask: `PATCH ${REQUESTS}/signs`,
      body: { metadata: { labels: { a: 'b' } } },
      shows: ['metadata.labels'],
    },
  ],
};

const DEVICES = '/apis/resource.k8s.io/v1';
const CLAIM = `${DEVICES}/namespaces/devices/resourceclaims`;
const asked = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } };
const claimed = (status: unknown): Step => ({
  ask: `PATCH ${CLAIM}/c/status`,
  body: { status },
  shows: ['status', 'metadata.finalizers'],
});
const result = { request: 'r', driver: 'd.example.com', pool: 'p', device: 'one' };
const allocation = (more: Json = {}): Json => ({ devices: { results: [{ ...result, ...more }] } });
const consumer = (uid: string): Json => ({ resource: 'pods', name: 'p', uid });

const devices: Story = {
  title: 'subresources: claims of devices',
  steps: [
    namespace('devices'),
    given(`POST ${CLAIM}`, { metadata: { name: 'c' }, spec: asked }),
    claimed({ reservedFor: [consumer('u')] }),
    claimed({ allocation: {}, reservedFor: [{}] }),
    claimed({ allocation: allocation({ request: 'unheard' }) }),
    claimed({ allocation: allocation({ driver: 'A_B', pool: '', device: '' }) }),
    claimed({ allocation: allocation({ adminAccess: true }) }),
    claimed({ devices: [{ driver: 'd.example.com', pool: 'p', device: 'one' }] }),
    claimed({ allocation: allocation() }),
    claimed({ allocation: allocation({ device: 'two' }) }),
    claimed({ reservedFor: [consumer('u'), consumer('u')] }),
    claimed({ reservedFor: [consumer('u')] }),
    claimed({ allocation: null }),
    claimed({ devices: [{ driver: 'd.example.com', pool: 'p', device: 'two' }] }),
    claimed({
      devices: [
        {
          driver: 'd.example.com',
          pool: 'p',
          device: 'one',
          conditions: [{ type: 'A', lastTransitionTime: '2026-01-01T00:00:00Z' }],
          networkData: { ips: ['x'] },
        },
      ],
    }),
    claimed({ devices: [{ driver: 'd.example.com', pool: 'p', device: 'one', data: { a: 1 } }] }),
    { ask: `PATCH ${CLAIM}/c`, body: { spec: { devices: { requests: [] } } }, shows: ['spec'] },
    {
      ask: `PATCH ${CLAIM}/c`,
      body: { metadata: { labels: { a: 'b' } } },
      shows: ['metadata.labels'],
    },
    ...[
      {},
      { devices: { requests: [{ name: 'r' }] } },
      { devices: { requests: [{ name: 'R_', exactly: {} }] } },
      {
        devices: {
          requests: [
            { name: 'r', exactly: { deviceClassName: 'gpu', count: -1, allocationMode: 'Some' } },
          ],
        },
      },
      {
        devices: {
          requests: [
            { name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'All', count: 2 } },
          ],
        },
      },
      {
        devices: {
          requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', adminAccess: true } }],
        },
      },
      {
        devices: {
          requests: [
            {
              name: 'r',
              exactly: { deviceClassName: 'gpu', selectors: [{ cel: { expression: 'x' } }] },
            },
          ],
        },
      },
      {
        devices: {
          requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' }, firstAvailable: [] }],
        },
      },
      {
        devices: {
          requests: [
            {
              name: 'r',
              firstAvailable: [
                { name: 'a', deviceClassName: 'x' },
                { name: 'a', deviceClassName: 'y' },
              ],
            },
          ],
        },
      },
      {
        ...asked,
        devices: { ...asked.devices, constraints: [{ requests: ['other'], matchAttribute: 'x' }] },
      },
      {
        ...asked,
        devices: {
          ...asked.devices,
          config: [{ requests: ['other'], opaque: { driver: 'X', parameters: 1 } }],
        },
      },
    ].map((spec) => ({
      ask: `POST ${CLAIM}${TRY}`,
      body: { metadata: { name: 'x' }, spec },
      shows: ['spec'],
    })),
    { ask: `GET /apis/resource.k8s.io/v1beta1/namespaces/devices/resourceclaims` },
    { ask: `GET ${DEVICES}/devicetaintrules` },
  ],
};

export const requestStories: readonly Story[] = [tokens, approvals, devices];
