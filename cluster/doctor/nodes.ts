/** The nodes, as the API server knows them: whose agents renew their Leases. */
import type { Node } from '../../api/types/core-v1.ts';
import { bodyValue } from '../../client/response-body.ts';
import type { HttpHandler } from '../../platform/net/http.ts';
import { failed, type Finding, ok } from './finding.ts';

export async function nodeFindings(handler: HttpHandler): Promise<Finding[]> {
  const response = await handler({
    method: 'GET',
    path: '/api/v1/nodes',
    query: new URLSearchParams(),
    headers: {},
    peer: { address: 'doctor' },
    signal: new AbortController().signal,
  });
  if (response.status !== 200)
    return [failed('nodes', `the API server answers ${response.status}; see \`wherry logs\``)];
  const list = (await bodyValue(response)) as { readonly items?: readonly Node[] };
  const { items = [] } = list;
  const troubles = items.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return [];
    const { name } = metadata;
    const why = ready?.message ?? 'its agent has not reported yet.';
    return failed(`node ${name}`, `not Ready: ${why} See \`wherry logs ${name}\``);
  });
  return troubles.length > 0 ? troubles : [ok('nodes', `${items.length} ready`)];
}
