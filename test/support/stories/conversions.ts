/** Ways to convert between the versions of a definition, right and wrong. */
type Json = Readonly<Record<string, unknown>>;

export const SERVICE = { namespace: 'default', name: 'convert' };
export const webhook = (clientConfig: unknown, versions: unknown = ['v1']): Json => ({
  conversion: {
    strategy: 'Webhook',
    webhook: { clientConfig, conversionReviewVersions: versions },
  },
});

/** Of an authority that is nobody's. */
export const CA = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJjVENDQVJlZ0F3SUJBZ0lVVW1IVVRIQy94WFVXaER2cUx0',
  'bUh6TVI2N2Ewd0NnWUlLb1pJemowRUF3SXcKRFRFTE1Ba0dBMVVFQXd3Q1kyRXdJQmNOTWpZeE1USXlNVGMxTlRN',
  'NFdoZ1BNakV5TmpFd01qa3hOelUxTXpoYQpNQTB4Q3pBSkJnTlZCQU1NQW1OaE1Ga3dFd1lIS29aSXpqMENBUVlJ',
  'S29aSXpqMERBUWNEUWdBRUQ4UVdYcVBmCjdMalQ1V3Ywekx6a0hhYVpDTzdWR0RGQ041OUNtemtkSS92Y0NhS3Y1',
  'Qm9kcmFBYjhsZVNRUDR3L2lEeHBhZXoKWVJRb2Y0UHcxU2RqejZOVE1GRXdIUVlEVlIwT0JCWUVGRXV1RU52YnVu',
  'Y0duNCtaNjRMSndGcDFLam4xTUI4RwpBMVVkSXdRWU1CYUFGRXV1RU52YnVuY0duNCtaNjRMSndGcDFLam4xTUE4',
  'R0ExVWRFd0VCL3dRRk1BTUJBZjh3CkNnWUlLb1pJemowRUF3SURTQUF3UlFJaEFKeFJpVDF2WHg2OTVxMjlJckE3',
  'bCtSRVZwLzkxdmdIeXhNZXNOU04KbU5OaEFpQVRCVEJlYnpjMkgvbXYxVzVxNFFOalNmU0FkMnk3VW5NYXJ4ZXYr',
  'WGs0dUE9PQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==',
].join('');

export const conversions: readonly Json[] = [
  { conversion: null },
  { conversion: {} },
  { conversion: { strategy: 'Other' } },
  { conversion: { strategy: 'None', webhook: { conversionReviewVersions: ['v1'] } } },
  {
    conversion: {
      strategy: 'None',
      webhook: { clientConfig: { service: SERVICE }, conversionReviewVersions: [] },
    },
  },
  { conversion: { strategy: 'Webhook' } },
  { conversion: { strategy: 'Webhook', webhook: {} } },
  webhook(undefined),
  webhook({}),
  webhook({ service: SERVICE }),
  webhook({ service: { ...SERVICE, port: 0 } }),
  webhook({ service: { ...SERVICE, path: 'convert' } }),
  webhook({ service: { ...SERVICE, path: '/a//b' } }),
  webhook({ service: { name: '', namespace: '' } }),
  webhook({ service: SERVICE, url: 'https://example.com' }),
  webhook({ url: 'http://example.com' }),
  webhook({ url: 'https://user@example.com/x?y#z' }),
  webhook({ url: 'nowhere' }),
  webhook({ service: SERVICE }, []),
  webhook({ service: SERVICE }, ['v2']),
  webhook({ service: SERVICE }, ['v1', 'v1']),
  webhook({ service: SERVICE }, ['v1beta1', 'V_2']),
  webhook({ service: SERVICE, caBundle: 'Y2E=' }),
  webhook({ service: SERVICE, caBundle: CA }),
  webhook({ service: SERVICE, caBundle: '' }),
  { ...webhook({ service: SERVICE }), preserveUnknownFields: true },
];
