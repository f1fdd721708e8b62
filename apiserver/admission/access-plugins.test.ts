import { describe, expect, it } from 'vitest';
import type { KubernetesObject, Mutable, OwnerReference } from '../../api/meta.ts';
import { StatusError } from '../../api/status.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';
import { subjectOf } from './certificate-subject.ts';
import {
  CertificateApproval,
  CertificateSigning,
  certificateSubjectRestriction,
} from './certificates.ts';
import type { AccessQuestion } from './lookups.ts';
import { OwnerReferencesPermissionEnforcement } from './owner-references.ts';

/** `openssl req -new -subj /CN=ann/O=team/O=system:masters`, as it stands in `spec.request`. */
const almighty = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlId01JR1lBZ0VBTURZeEREQUtC',
  'Z05WQkFNTUEyRnViakVOTUFzR0ExVUVDZ3dFZEdWaGJURVhNQlVHQTFVRQpDZ3dPYzNsemRHVnRP',
  'bTFoYzNSbGNuTXdXVEFUQmdjcWhrak9QUUlCQmdncWhrak9QUU1CQndOQ0FBU3BCL3FWCmxIZ0hj',
  'MmlxUWFvK2x4ZEpjZU0vd1dmZTdLT3lLOXlyMGRSN0x3bUhPOHRjTFlENkNNWXgvbUJYOWFZKzBj',
  'VWwKWXgwN3ZscDd0VmlSYkZ6eG9BQXdDZ1lJS29aSXpqMEVBd0lEUndBd1JBSWdGd1NSbWFxek5s',
  'Z2RkOE1acHBSKwpRMEpreFU5MTRYOHplbTdUWFBJRUFza0NJR1FVUERYSW5FZnR4UzdjV2ZUQWdX',
  'N2wxN0hCT1BNaDVvNlNxZFBvCkVDYmIKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0t',
  'Cg==',
].join('');

/** Tag, length, content: all that is needed is short. */
const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};

/** As much of a request as says who asks. */
function requestFor(organizations: readonly string[]): string {
  const names = organizations.map((organization) =>
    der(
      0x31,
      der(0x30, der(0x06, Buffer.from('55040a', 'hex')), der(0x0c, Buffer.from(organization))),
    ),
  );
  const information = der(0x30, der(0x02, Buffer.from([0])), der(0x30, ...names));
  const body = der(0x30, information).toString('base64');
  const begin = '-----BEGIN CERTIFICATE REQUEST-----';
  const end = '-----END CERTIFICATE REQUEST-----';
  return Buffer.from(`${begin}\n${body}\n${end}\n`).toString('base64');
}

/** May do what is listed: "approve signers example.com/a". */
const allowing =
  (...allowed: string[]) =>
  (_user: unknown, { verb, resource, subresource, name }: AccessQuestion): Promise<boolean> => {
    const what = subresource === '' ? resource : `${resource}/${subresource}`;
    return Promise.resolve(allowed.includes(`${verb} ${what} ${name}`));
  };

async function refusal(plugin: AdmissionPlugin, attributes: AdmissionAttributes) {
  if (!plugin.handles(attributes)) return 'not asked';
  try {
    await plugin.validate?.(attributes);
    return undefined;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.message.replace(/^.* is forbidden: /, '');
  }
}

function attributesOf(of: {
  readonly type: Pick<AdmissionAttributes['type'], 'group' | 'resource'>;
  readonly subresource?: string;
  readonly object: object;
  readonly old?: object;
}): AdmissionAttributes {
  const type = { ...of.type, version: 'v1', kind: 'Any', namespaced: true };
  return {
    operation: of.old === undefined ? 'CREATE' : 'UPDATE',
    ...{ type, kind: type, subresource: of.subresource ?? '', namespace: 'd', name: 'x' },
    object: of.object as Mutable<KubernetesObject>,
    oldObject: of.old as KubernetesObject | undefined,
    user: { name: 'ann', groups: [] },
    dryRun: false,
    options: {},
  };
}

const csrs = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' };
const csr = (status: object = {}) => ({
  metadata: {},
  spec: { signerName: 'example.com/a' },
  status,
});

describe('certificate requests', () => {
  const decided = { conditions: [{ type: 'Approved' }] };
  const approve = (may: string[]) =>
    refusal(
      new CertificateApproval(allowing(...may)),
      attributesOf({ type: csrs, subresource: 'approval', object: csr(decided), old: csr() }),
    );
  const sign = (may: string[], status: object = { certificate: 'x' }) =>
    refusal(
      new CertificateSigning(allowing(...may)),
      attributesOf({ type: csrs, subresource: 'status', object: csr(status), old: csr() }),
    );

  it.each([
    [['approve signers example.com/a'], undefined],
    [['approve signers example.com/*'], undefined],
    [
      ['sign signers example.com/a', 'approve signers example.org/*'],
      'user not permitted to approve requests with signerName "example.com/a"',
    ],
  ])('are approved by who may: %j', async (may, expected) => {
    expect(await approve(may)).toBe(expected);
  });

  it('are signed by who may, and others may leave them as they are', async () => {
    expect(await sign(['sign signers example.com/a'])).toBeUndefined();
    expect(await sign([])).toBe(
      'user not permitted to sign requests with signerName "example.com/a"',
    );
    expect(await sign([], {})).toBeUndefined();
  });

  it('make nobody almighty', async () => {
    const ask = (signerName: string, request: string) => {
      const object = { metadata: {}, spec: { signerName, request } };
      return refusal(certificateSubjectRestriction, attributesOf({ type: csrs, object }));
    };
    const client = 'kubernetes.io/kube-apiserver-client';
    expect(await ask(client, requestFor(['team']))).toBeUndefined();
    expect(await ask(client, almighty)).toBe(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
    expect(await ask('example.com/a', almighty)).toBeUndefined();
  });

  it('are read by their structure', () => {
    const pem = (body: string) =>
      Buffer.from(
        `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`,
      ).toString('base64');
    expect(subjectOf(almighty)).toEqual({
      commonName: 'ann',
      organizations: ['team', 'system:masters'],
    });
    expect(subjectOf(requestFor(['a', 'b']))).toEqual({
      commonName: '',
      organizations: ['a', 'b'],
    });
    expect(subjectOf('')).toBeUndefined();
    expect(subjectOf(pem('MAA='))).toBeUndefined();
    expect(subjectOf(pem(Buffer.from([0x30, 0x84, 1, 2, 3, 4]).toString('base64')))).toBe(
      undefined,
    );
  });
});

describe('owners', () => {
  const pods = { group: '', resource: 'pods' };
  const owner = (more: Partial<OwnerReference> = {}): OwnerReference => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'r',
    uid: 'u',
    ...more,
  });
  const pod = (...ownerReferences: OwnerReference[]) => ({ metadata: { ownerReferences } });
  const ask = (may: string[], object: object, [old, subresource = '']: [object?, string?] = []) =>
    refusal(
      new OwnerReferencesPermissionEnforcement({
        mayAccess: allowing(...may),
        resourcesOf: (_apiVersion, kind) =>
          kind === 'ReplicaSet'
            ? [{ group: 'apps', version: 'v1', resource: 'replicasets', kind, namespaced: true }]
            : [],
      }),
      attributesOf({ type: pods, object, ...(old && { old }), subresource }),
    );
  const mayDelete = 'delete pods x';

  it('are given by who may delete', async () => {
    expect(await ask([mayDelete], pod(owner()))).toBeUndefined();
    expect(await ask([], pod(owner()))).toBe(
      "cannot set an ownerRef on a resource you can't delete: , <nil>",
    );
    expect(await ask([], pod())).toBeUndefined();
    expect(await ask([], pod(owner()), [pod(owner())])).toBeUndefined();
    expect(await ask([], pod(owner()), [pod(), 'status'])).toBe('not asked');
  });

  it('are made to wait by who may set their finalizers', async () => {
    const blocking = owner({ blockOwnerDeletion: true });
    expect(await ask([mayDelete], pod(blocking))).toBe(
      'cannot set blockOwnerDeletion if an ownerReference refers to a resource ' +
        "you can't set finalizers on: , <nil>",
    );
    const may = [mayDelete, 'update replicasets/finalizers r'];
    expect(await ask(may, pod(blocking))).toBeUndefined();
    const another = owner({ uid: 'v', name: 's' });
    expect(await ask([mayDelete], pod(blocking, another), [pod(blocking)])).toBeUndefined();
    expect(await ask([mayDelete], pod(owner({ kind: 'X', blockOwnerDeletion: true })))).toBe(
      'cannot set blockOwnerDeletion in this case because cannot find RESTMapping for ' +
        'APIVersion apps/v1 Kind X: no matches for kind "X" in version "apps/v1"',
    );
  });
});
