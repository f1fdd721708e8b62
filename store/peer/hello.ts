/** What members tell each other when a connection is made. */
import { FramesRefusedError } from '../../platform/net/frames.ts';
import type { Headers } from '../../platform/net/http.ts';
import { hexId } from '../cluster-member.ts';

export type ConnectionKind = 'messages' | 'snapshot';

export interface Hello {
  readonly kind: ConnectionKind;
  readonly clusterId: string;
  readonly from: string;
  readonly to: string;
}

/** Status of a refusal that will not change: the caller was removed from the cluster. */
export const GONE = 410;
const PRECONDITION_FAILED = 412;

export const headersOf = ({ kind, clusterId, from, to }: Hello): Headers => ({
  'x-wherry-kind': kind,
  'x-wherry-cluster': clusterId,
  'x-wherry-from': from,
  'x-wherry-to': to,
});

/** Throws {@link FramesRefusedError} for a caller that this member does not talk to. */
export function readHello(
  headers: Headers,
  self: { readonly clusterId: string; readonly memberId: string },
  isRemoved: (id: string) => boolean,
): Hello {
  const hello = {
    kind: headers['x-wherry-kind'] as ConnectionKind,
    clusterId: headers['x-wherry-cluster'] ?? '',
    from: headers['x-wherry-from'] ?? '',
    to: headers['x-wherry-to'] ?? '',
  };
  const refuse = (text: string): never => {
    throw new FramesRefusedError(PRECONDITION_FAILED, text);
  };
  if (hello.kind !== 'messages' && hello.kind !== 'snapshot') refuse('unknown kind of connection');
  if (!/^\d+$/.test(hello.from) || !/^\d+$/.test(hello.to)) refuse('a member ID is needed');
  if (hello.clusterId !== self.clusterId) refuse('cluster ID mismatch');
  if (isRemoved(hello.from))
    throw new FramesRefusedError(GONE, 'the member has been permanently removed from the cluster');
  if (hello.to !== self.memberId)
    refuse(`this is member ${hexId(self.memberId)}, not ${hexId(hello.to)}`);
  return hello;
}
