import type { Status } from '../../api/types/meta-v1.ts';

/** How a command in a container ended. */
export type CommandEnd =
  | { readonly type: 'exited'; readonly code: number }
  | { readonly type: 'failed'; readonly message: string };

/** As subprotocols from v4 on tell it on the error channel. */
function endStatus(end: CommandEnd): Omit<Status, 'kind' | 'apiVersion'> {
  if (end.type === 'failed') {
    return {
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: ${end.message}`,
      reason: 'InternalError',
      details: { causes: [{ message: end.message }] },
      code: 500,
    };
  }
  if (end.code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: endText(end),
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(end.code) }] },
  };
}

/** As older ones do; "" for a good end. */
function endText(end: CommandEnd): string {
  if (end.type === 'failed') return `Internal error occurred: ${end.message}`;
  if (end.code === 0) return '';
  return `command terminated with non-zero exit code: exit status ${end.code}`;
}

/** Bytes for the error channel of a subprotocol like "v4.channel.k8s.io". */
export function endBytes(end: CommandEnd, protocol: string): Uint8Array {
  const tellsStatus = protocol.startsWith('v4.') || protocol.startsWith('v5.');
  return Buffer.from(tellsStatus ? JSON.stringify(endStatus(end)) : endText(end));
}
