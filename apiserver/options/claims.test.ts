/** Claims of tokens: they make the users, or are refused, as in kube-apiserver 1.34. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import {
  type ClaimAnswer,
  claimAnswer,
  claimCases,
  type ClaimIssuers,
  startClaimIssuers,
} from '../../test/support/claim-cases.ts';
import { type FlaggedApi, startFlaggedApi, testFolder } from '../../test/support/flagged-api.ts';

const admin = { certificate: { commonName: 'admin', organizations: ['system:masters'] } };
const parts = new Lifecycle();
let issuers: ClaimIssuers;
let api: FlaggedApi;
beforeAll(async () => {
  issuers = await startClaimIssuers(parts);
  const file = await testFolder(parts);
  const path = await file('authn.json', issuers.configuration);
  api = await startFlaggedApi(parts, [`--authentication-config=${path}`]);
});
afterAll(() => parts.stop());

it.each(claimCases)('$title', async (one) => {
  const path = 'POST /apis/authentication.k8s.io/v1/tokenreviews';
  const { body } = await api.call(path, { peer: admin, body: issuers.review(one) });
  expect(claimAnswer(body.status as ClaimAnswer)).toEqual(one.answer);
});
