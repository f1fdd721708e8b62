import { statusError } from '../../../../api/status.ts';

export interface SchemeNamePort {
  readonly secure: boolean;
  readonly name: string;
  /** "" if none is given. */
  readonly port: string;
}

/** "web", "web:80", "https:web:https", "http:web:": how proxies are told whom to ask. */
export function schemeNamePort(what: 'pod' | 'service' | 'node', text: string): SchemeNamePort {
  const parts = text.split(':');
  const [scheme, name, port] =
    parts.length === 3 ? parts : ['', parts[0], parts.length === 2 ? parts[1] : ''];
  if (parts.length > 3 || !name || !['', 'http', 'https'].includes(scheme ?? ''))
    throw statusError('BadRequest', `invalid ${what} request ${JSON.stringify(text)}`);
  return { secure: scheme === 'https', name, port: port ?? '' };
}
