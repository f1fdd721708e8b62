/** All stories. */
import { accessStories } from './access.ts';
import { admissionStories } from './admission.ts';
import { convertedStories } from './converted.ts';
import { customChangeStories } from './custom-changes.ts';
import { customObjectStories } from './custom-objects.ts';
import { definitionStories } from './definitions.ts';
import { deletionStories } from './deletions.ts';
import { foreignOwnerStories } from './foreign-owners.ts';
import { formStories } from './forms.ts';
import { identityStories } from './identities.ts';
import { limitRatios } from './limit-ratios.ts';
import { mutatingPolicyStories } from './mutating-policies.ts';
import { podSecurityStories } from './pod-security.ts';
import { nodeReads } from './node-reads.ts';
import { nodeStories } from './nodes.ts';
import { policyStories } from './policies.ts';
import { requestStories } from './requests.ts';
import { signers } from './signers.ts';
import type { Story } from './story.ts';
import { subresourceStories } from './subresources.ts';
import { warningStories } from './warnings.ts';
import { webhookStories } from './webhooks.ts';
import { writeStories } from './writes.ts';

export const stories: readonly Story[] = [
  ...definitionStories,
  ...customObjectStories,
  ...customChangeStories,
  ...convertedStories,
  ...foreignOwnerStories,
  ...admissionStories,
  limitRatios,
  ...podSecurityStories,
  ...accessStories,
  ...nodeStories,
  nodeReads,
  ...identityStories,
  signers,
  ...subresourceStories,
  ...requestStories,
  ...policyStories,
  ...mutatingPolicyStories,
  ...webhookStories,
  ...formStories,
  ...warningStories,
  ...writeStories,
  ...deletionStories,
];
