/** Configuration files, right and wrong: taken, or refused in the words of kube-apiserver 1.34. */
import { expect, it } from 'vitest';
import { serverConfigurations } from '../../test/support/access-configurations.ts';
import { parseEncryptionConfiguration } from '../encryption/configuration.ts';
import { readAdmissionConfiguration } from './admission-config.ts';
import { parseAuditPolicy } from './audit-policy.ts';
import { chosenPlugins, enabledPlugins } from '../admission/plugins.ts';

const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
  contexts: [{ name: 'a', context: { cluster: 'a' } }],
  'current-context': 'a',
});

async function admission(text: string, plugins: readonly string[]): Promise<void> {
  const choice = { enable: plugins, disable: [] };
  const files = {
    read: () => Promise.resolve(KUBECONFIG),
    parsed: <T>(_flag: string, _path: string, parse: (text: string) => T) =>
      Promise.resolve().then(() => parse(text)),
    runs: undefined,
  };
  const configuration = await readAdmissionConfiguration('/config', files, enabledPlugins(choice));
  chosenPlugins({ ...choice, configuration });
}

it.each(serverConfigurations)('$kind $text', async ({ kind, text, error, plugins }) => {
  let refused = '';
  try {
    if (kind === 'EncryptionConfiguration') parseEncryptionConfiguration(text);
    else if (kind === 'Policy') parseAuditPolicy(text);
    else await admission(text, plugins);
  } catch (thrown) {
    refused = (thrown as Error).message;
  }
  // Values of a wrong type are refused in other words.
  if (error === 'cannot unmarshal') expect(refused).not.toBe('');
  else expect(refused).toBe(error);
});
