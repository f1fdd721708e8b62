/** The flags that every command takes: which server, as whom, and in which namespace. */
import { array, boolean, duration, integer, text } from './flag.ts';
import type { FlagValues } from './flag.ts';

export const globalFlags = {
  as: text('Username to impersonate for the operation'),
  'as-group': array('Group to impersonate for the operation; may be repeated'),
  'as-uid': text('UID to impersonate for the operation'),
  'cache-dir': text('Accepted for compatibility: nothing is cached between commands'),
  'certificate-authority': text("Path to the certificates of the server's authority"),
  'client-certificate': text('Path to a client certificate for TLS'),
  'client-key': text('Path to the key of the client certificate'),
  cluster: text('The cluster of the kubeconfig to use'),
  context: text('The context of the kubeconfig to use'),
  'disable-compression': boolean('Accepted for compatibility: answers are not compressed'),
  help: boolean('Show this help', { shorthand: 'h' }),
  'insecure-skip-tls-verify': boolean("Do not check the server's certificate"),
  'log-flush-frequency': duration('Accepted for compatibility: there is no log', {
    valueMs: 5000,
  }),
  'match-server-version': boolean('Refuse unless server and client are of one version'),
  kubeconfig: text('Path to the kubeconfig file'),
  namespace: text('The namespace of this request', { shorthand: 'n' }),
  password: text('Refused: API servers take no passwords any more'),
  profile: text('Accepted for compatibility: "none" only', { value: 'none' }),
  'profile-output': text('Accepted for compatibility', { value: 'profile.pprof' }),
  'request-timeout': text('How long to wait for one answer, as "30s"; 0 waits for ever', {
    value: '0',
  }),
  server: text('Address of the API server', { shorthand: 's' }),
  'tls-server-name': text("Name that the server's certificate has to have"),
  token: text('Bearer token for authentication'),
  user: text('The user of the kubeconfig to use'),
  username: text('Refused: API servers take no passwords any more'),
  v: integer('From 6 on: tell each request; 7: headers, 8: beginnings of bodies, 9: all of them', {
    shorthand: 'v',
  }),
  vmodule: text('Accepted for compatibility: there is no log'),
  'warnings-as-errors': boolean('Exit with 1 if the server sent a warning'),
} as const;

export type GlobalFlags = typeof globalFlags;
export type GlobalValues = FlagValues<GlobalFlags>;
