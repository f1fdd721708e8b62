/** The approver: kubelets get their client certificates without anybody being asked. */
import type { ResourceType } from '../../api/resource.ts';
import { certificateSigningRequests as csrType } from '../../api/resources.ts';
import type { SubjectAccessReview } from '../../api/types/authorization-v1.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '../../api/types/certificates-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { X509 } from '../../platform/crypto/x509.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { timeOf } from '../runtime/pods.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { isDecided, pemOf } from './request.ts';
import { isKubeletClientRequest, KUBELET_CLIENT } from './signers.ts';

const reviews: ResourceType<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

const approved = (message: string): CertificateSigningRequestCondition => ({
  type: 'Approved',
  status: 'True',
  reason: 'AutoApproved',
  message,
});

/** One that nobody may have yet is asked about again when it is twice as old, within these. */
const ASK_AGAIN_MS = { least: 200, most: 1_000_000 };

/** Who may have what approved: asked of the authorizer as "create" of the subresource. */
const ways = [
  {
    subresource: 'selfnodeclient',
    own: true,
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  },
  {
    subresource: 'nodeclient',
    own: false,
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  },
] as const;

export function certificateApprover(context: ControllerContext): Controller {
  const { client, clock } = context;
  const x509 = context.signing!.x509;
  const queue = new WorkQueue({ clock });
  const requests = context.informers.of(csrType);
  enqueueSelf(requests, queue, ({ spec }) => spec.signerName === KUBELET_CLIENT);
  return {
    name: 'certificatesigningrequest-approving-controller',
    queue,
    informers: [requests],
    async reconcile(key) {
      const request = requests.lister.get(key);
      if (request === undefined || isDecided(request)) return undefined;
      if (request.status?.certificate) return undefined;
      const names = recognized(x509, request);
      if (names === undefined) return undefined;
      for (const { subresource, own, message } of ways) {
        if (own && names.commonName !== request.spec.username) continue;
        if (!(await mayHave(request, subresource))) continue;
        const conditions = [...(request.status?.conditions ?? []), approved(message)];
        const status = { ...request.status, conditions };
        await client.update(csrType, { ...request, status }, { subresource: 'approval' });
        return undefined;
      }
      const ageMs = clock.now() - (timeOf(request.metadata.creationTimestamp) ?? 0);
      const { least, most } = ASK_AGAIN_MS;
      return { requeueAfterMs: Math.min(Math.max(ageMs, least), most) };
    },
  };

  async function mayHave(
    { spec }: CertificateSigningRequest,
    subresource: string,
  ): Promise<boolean> {
    const { username = '', uid, groups = [], extra } = spec;
    const review = await client.create(reviews, {
      metadata: {},
      spec: {
        user: username,
        groups,
        ...(uid === undefined ? {} : { uid }),
        ...(extra === undefined ? {} : { extra }),
        resourceAttributes: {
          group: csrType.group,
          resource: csrType.resource,
          verb: 'create',
          version: '*',
          subresource,
        },
      },
    });
    return review.status?.allowed ?? false;
  }
}

/** The subject, if this is a kubelet's request. */
function recognized(x509: X509, { spec }: CertificateSigningRequest) {
  try {
    const facts = x509.readRequest(pemOf(spec.request));
    return isKubeletClientRequest(facts, spec.usages ?? []) ? facts.subject : undefined;
  } catch {
    // The signer says what is wrong with it, if somebody approves it.
    return undefined;
  }
}
