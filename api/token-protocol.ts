/**
 * Bearer tokens as subprotocols of WebSockets, for browsers, which may set no other header:
 * https://github.com/kubernetes/kubernetes/pull/47740.
 */

/** What goes before the token in base64url. */
export const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/** A credential, not something that is spoken. */
export const isTokenProtocol = (protocol: string): boolean => protocol.startsWith(TOKEN_PROTOCOL);
