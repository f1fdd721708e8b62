/** Who approves and signs certificates, for whom. */
import { TRY } from './admission.ts';
import { requestOf } from './certificate-requests.ts';
import { allowed, rule } from './identities.ts';
import { given, type Step, type Story } from './story.ts';

type Json = Readonly<Record<string, unknown>>;

const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const CLIENT = 'kubernetes.io/kube-apiserver-client';
const csr = (name: string, signerName: string, request = requestOf('ann', 'team')): Json => ({
  metadata: { name },
  spec: { signerName, request, usages: ['client auth'] },
});
const approved = { conditions: [{ type: 'Approved', status: 'True', reason: 'r', message: 'm' }] };
const approve = (user: string, name: string): Step => ({
  ask: `PATCH ${CSRS}/${name}/approval${TRY}`,
  body: { status: approved },
  as: user,
  shows: ['status.conditions.length'],
});
const signs = (user: string, name: string, status: Json): Step => ({
  ask: `PATCH ${CSRS}/${name}/status${TRY}`,
  body: { status },
  as: user,
  shows: ['spec.signerName'],
});
const group = 'certificates.k8s.io';
const csrWrites = rule([group, 'certificatesigningrequests'], ['get', 'create', 'update', 'patch']);
const parts = [
  rule([group, 'certificatesigningrequests/approval'], ['update', 'patch']),
  rule([group, 'certificatesigningrequests/status'], ['update', 'patch']),
];

export const signers: Story = {
  title: 'identities: approvers and signers',
  steps: [
    ...allowed('nosigner', csrWrites, ...parts),
    ...allowed(
      'onesigner',
      csrWrites,
      ...parts,
      rule([group, 'signers'], ['approve', 'sign'], 'example.com/one'),
    ),
    ...allowed(
      'domainsigner',
      csrWrites,
      ...parts,
      rule([group, 'signers'], ['approve', 'sign'], 'example.com/*'),
    ),
    ...allowed('approver', csrWrites, ...parts, rule([group, 'signers'], ['approve'])),
    given(`POST ${CSRS}`, csr('one', 'example.com/one')),
    given(`POST ${CSRS}`, csr('two', 'example.com/two')),
    given(`POST ${CSRS}`, csr('api', CLIENT)),
    { ...given(`GET ${CSRS}/one`), as: 'approver', until: 200 },
    ...['nosigner', 'onesigner', 'domainsigner', 'approver'].flatMap((user) =>
      ['one', 'two', 'api'].flatMap((name) => [
        approve(user, name),
        signs(user, name, { certificate: Buffer.from('x').toString('base64') }),
        signs(user, name, { conditions: [{ type: 'Failed', status: 'True', reason: 'r' }] }),
      ]),
    ),
    ...['nosigner', 'approver'].flatMap((user) => [
      {
        ask: `POST ${CSRS}${TRY}`,
        body: csr('x', CLIENT, requestOf('root', 'system:masters')),
        as: user,
        shows: ['kind'],
      },
      {
        ask: `POST ${CSRS}${TRY}`,
        body: csr('x', CLIENT, requestOf('root', 'team', 'system:masters')),
        as: user,
        shows: ['kind'],
      },
      {
        ask: `POST ${CSRS}${TRY}`,
        body: csr('x', 'example.com/one', requestOf('root', 'system:masters')),
        as: user,
        shows: ['kind'],
      },
      {
        ask: `POST ${CSRS}${TRY}`,
        body: csr('x', CLIENT, Buffer.from('nothing').toString('base64')),
        as: user,
        shows: ['kind'],
      },
      {
        ask: `POST ${CSRS}${TRY}`,
        body: {
          metadata: { name: 'x' },
          spec: {
            ...(csr('x', CLIENT)['spec'] as Json),
            username: 'root',
            groups: ['system:masters'],
            uid: '0',
            extra: { a: ['b'] },
          },
        },
        as: user,
        shows: ['kind'],
      },
      {
        ask: `PATCH ${CSRS}/one${TRY}`,
        body: { spec: { username: 'root', signerName: CLIENT } },
        as: user,
        shows: ['spec.signerName'],
      },
      {
        ask: `POST ${CSRS}${TRY}`,
        body: { ...csr('x', CLIENT), status: approved },
        as: user,
        shows: ['status'],
      },
    ]),
  ],
};
