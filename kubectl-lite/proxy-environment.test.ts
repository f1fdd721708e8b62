import { describe, expect, it } from 'vitest';
import { proxyFromEnvironment } from './proxy-environment.ts';

const proxy = 'http://proxy:3128';
const of = (address: string, noProxy = '', more: Record<string, string> = {}) =>
  proxyFromEnvironment(address, { HTTPS_PROXY: proxy, NO_PROXY: noProxy, ...more });

describe('a proxy of the environment', () => {
  it('is on the way to https addresses, or to http addresses', () => {
    expect(of('https://api.example:6443')).toBe(proxy);
    expect(of('http://api.example')).toBeUndefined();
    expect(of('http://api.example', '', { http_proxy: 'http://plain:1' })).toBe('http://plain:1');
  });

  it('is never on the way to this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])
      expect(of(`https://${host}:6443`)).toBeUndefined();
  });

  it('may be written without its scheme, and in small letters', () => {
    const variables = { https_proxy: 'proxy:3128' };
    expect(proxyFromEnvironment('https://api.example', variables)).toBe('http://proxy:3128');
    const capitals = { ...variables, HTTPS_PROXY: 'socks5://other:1080' };
    expect(proxyFromEnvironment('https://api.example', capitals)).toBe('socks5://other:1080');
  });

  it.each([
    ['*', 'https://api.example'],
    ['example', 'https://api.example'],
    ['example', 'https://example'],
    ['.example', 'https://api.example'],
    ['*.example', 'https://api.example'],
    ['API.example', 'https://api.EXAMPLE'],
    ['other, api.example', 'https://api.example'],
    ['api.example:6443', 'https://api.example:6443'],
    ['api.example:443', 'https://api.example'],
    ['10.0.0.1', 'https://10.0.0.1:6443'],
    ['10.0.0.0/8', 'https://10.1.2.3:6443'],
    ['fd00::/8', 'https://[fd12::1]:6443'],
    ['fd12::1', 'https://[fd12::1]:6443'],
    ['FD12:0::0:1', 'https://[fd12::1]:6443'],
    ['[fd12::1]:6443', 'https://[fd12::1]:6443'],
  ])('is passed by with NO_PROXY=%s for %s', (noProxy, address) => {
    expect(of(address, noProxy)).toBeUndefined();
  });

  it.each([
    ['.example', 'https://example'],
    ['xample', 'https://api.example'],
    ['api.example:443', 'https://api.example:6443'],
    ['10.0.0.2', 'https://10.0.0.1'],
    ['10.0.0.0/16', 'https://10.1.2.3'],
    ['fd00::/16', 'https://[fd12::1]'],
    ['::/0', 'https://10.1.2.3'],
    ['', 'https://10.1.2.3'],
  ])('is not passed by with NO_PROXY=%s for %s', (noProxy, address) => {
    expect(of(address, noProxy)).toBe(proxy);
  });
});
