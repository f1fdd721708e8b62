/** The ways through proxies that a kubeconfig or the environment names. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  behindProxy,
  startConnectProxy,
  startSocksProxy,
  type TunnelProxy,
} from '../../support/connect-proxy.ts';
import { newCa } from '../../support/https-server.ts';
import { transcripts } from './side-by-side.ts';

const proxies: Record<string, TunnelProxy> = {};

beforeAll(async () => {
  proxies['http'] = await startConnectProxy();
  proxies['https'] = await startConnectProxy(newCa('localhost'));
  proxies['socks5'] = await startSocksProxy();
});
afterAll(async () => {
  for (const proxy of Object.values(proxies)) await proxy.stop();
});

/** How many tunnels there were through a proxy while `work` was done. */
async function tunnels(name: string, work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = proxies[name]!.targets.length;
  await work();
  return proxies[name]!.targets.slice(before);
}

transcripts('proxies on the way', (transcript) => {
  const { both, file, variable } = transcript;
  const trusting = (text: string): string =>
    text.replace(/^( +)certificate-authority-data:.*$/m, '$1insecure-skip-tls-verify: true');

  it.each([['http'], ['https'], ['socks5']])('proxy-url at %s://', async (name) => {
    const config = behindProxy(transcript.cluster.kubeconfig, proxies[name]!.url);
    await file('proxied', trusting(config));
    const found = await tunnels(name, () =>
      both('--kubeconfig={folder}/proxied', 'get', 'configmaps'),
    );
    // kubectl opens one, or several.
    expect(found.length).toBeGreaterThanOrEqual(2);
  });

  it.each([['http'], ['socks5']])('HTTPS_PROXY at %s://, but not to this machine', async (name) => {
    const { kubeconfig } = transcript.cluster;
    await file('named', trusting(kubeconfig.replace('127.0.0.1', 'kubernetes.default')));
    const get = (config: string) => () => both(`--kubeconfig={folder}/${config}`, 'get', 'cm');
    variable('HTTPS_PROXY', proxies[name]!.url);
    expect((await tunnels(name, get('named'))).join(' ')).toContain('kubernetes.default:');
    expect(await tunnels(name, get('kubeconfig'))).toEqual([]);
    variable('HTTPS_PROXY', '');
  });

  it('a proxy that lets nobody through, and one that is none', async () => {
    const lite = async (url: string): Promise<string> => {
      await file('refused', behindProxy(transcript.cluster.kubeconfig, url));
      const { kubectl, lite: ours } = await transcript.each(
        '--kubeconfig={folder}/refused',
        'get',
        'cm',
      );
      expect([ours.code, kubectl.code]).toEqual([1, 1]);
      return ours.err;
    };
    const wrong = (name: string): string => proxies[name]!.url.replace('se%3Acret', 'guess');
    expect(await lite(wrong('http'))).toMatch(
      /^Unable to connect to the server: the proxy \S+ gives no way to the server: 407 .*\n$/,
    );
    expect(await lite(wrong('socks5'))).toMatch(
      /gives no way to the server: user or password is wrong\n$/,
    );
    expect(await lite('ftp://proxy:1')).toBe(
      'error: cluster "wherry" has the proxy-url ftp://proxy:1: a proxy is at an http://, ' +
        'https:// or socks5:// address\n',
    );
  });
});
