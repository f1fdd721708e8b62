/** Configurations of access that are wrong: refused in the words of kube-apiserver 1.34. */
import { expect, it } from 'vitest';
import { refusedConfigurations } from '../../test/support/access-configurations.ts';
import { parseAuthenticationConfiguration } from './authentication-config.ts';
import { parseAuthorizationConfiguration } from './authorization-config.ts';

it.each(refusedConfigurations)('$kind $text', ({ kind, text, error }) => {
  const parse = (): unknown =>
    kind === 'AuthenticationConfiguration'
      ? parseAuthenticationConfiguration(text, ['https://own'])
      : parseAuthorizationConfiguration(text);
  let refused = 'nothing';
  try {
    parse();
  } catch (thrown) {
    refused = (thrown as Error).message;
  }
  expect(refused).toBe(error);
});
