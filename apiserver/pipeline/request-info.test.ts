import { describe, expect, it } from 'vitest';
import { requestInfoOf } from './request-info.ts';

function parse(method: string, url: string) {
  const [path = '', query = ''] = url.split('?');
  return requestInfoOf({ method, path, query: new URLSearchParams(query) });
}

/** "verb group/version resource/name:subresource@namespace" */
function summary(method: string, url: string): string {
  const info = parse(method, url);
  if (info === undefined) return 'malformed';
  if (info.type === 'path') return `path ${info.verb} ${info.path}`;
  const name = info.name === '' ? '' : `/${info.name}`;
  const subresource = info.subresource === '' ? '' : `:${info.subresource}`;
  const tail = info.tail === '' ? '' : `>${info.tail}`;
  const at = info.namespace === '' ? '' : `@${info.namespace}`;
  const groupVersion = info.group === '' ? info.version : `${info.group}/${info.version}`;
  return `${info.verb} ${groupVersion} ${info.resource}${name}${subresource}${tail}${at}`;
}

describe('requestInfoOf', () => {
  it.each([
    ['GET', '/api/v1/pods', 'list v1 pods'],
    ['GET', '/api/v1/pods?watch=true', 'watch v1 pods'],
    ['GET', '/api/v1/pods?watch=1', 'watch v1 pods'],
    ['GET', '/api/v1/pods?watch=false', 'list v1 pods'],
    ['GET', '/api/v1/namespaces/d/pods/', 'list v1 pods@d'],
    ['GET', '/api/v1/namespaces/d/pods/web', 'get v1 pods/web@d'],
    ['GET', '/api/v1/namespaces/d/pods/web?watch=true', 'get v1 pods/web@d'],
    ['HEAD', '/api/v1/namespaces/d/pods/web', 'get v1 pods/web@d'],
    ['GET', '/api/v1/namespaces/d/pods/web/log', 'get v1 pods/web:log@d'],
    ['POST', '/api/v1/namespaces/d/pods', 'create v1 pods@d'],
    ['POST', '/api/v1/namespaces/d/pods/web/binding', 'create v1 pods/web:binding@d'],
    ['PUT', '/apis/apps/v1/namespaces/d/deployments/w', 'update apps/v1 deployments/w@d'],
    ['PATCH', '/apis/apps/v1/namespaces/d/deployments/w', 'patch apps/v1 deployments/w@d'],
    ['DELETE', '/api/v1/namespaces/d/pods', 'deletecollection v1 pods@d'],
    ['DELETE', '/api/v1/namespaces/d/pods/web', 'delete v1 pods/web@d'],
    ['GET', '/api/v1/namespaces', 'list v1 namespaces'],
    ['GET', '/api/v1/namespaces/d', 'get v1 namespaces/d@d'],
    ['PUT', '/api/v1/namespaces/d/finalize', 'update v1 namespaces/d:finalize@d'],
    ['PATCH', '/api/v1/namespaces/d/status', 'patch v1 namespaces/d:status@d'],
    ['GET', '/api/v1/nodes/n/proxy/metrics/cadvisor', 'get v1 nodes/n:proxy>metrics/cadvisor'],
    ['GET', '/api/v1/watch/pods', 'watch v1 pods'],
    ['GET', '/api/v1/watch/namespaces/d/pods/web', 'watch v1 pods/web@d'],
    ['GET', '/apis/apps/v1/watch/namespaces/d/deployments', 'watch apps/v1 deployments@d'],
    ['GET', '/api/v1/namespaces/d/configmaps/a%2Db', 'get v1 configmaps/a-b@d'],
    ['GET', '/api', 'path get /api'],
    ['GET', '/api/v1', 'path get /api/v1'],
    ['GET', '/apis/apps/v1', 'path get /apis/apps/v1'],
    ['GET', '/apis/apps/v1/', 'path get /apis/apps/v1/'],
    ['POST', '/version', 'path post /version'],
    ['OPTIONS', '/api/v1/pods', ' v1 pods'],
    ['GET', '/api/v1/pods/%zz', 'malformed'],
  ])('%s %s', (method, url, expected) => {
    expect(summary(method, url)).toBe(expected);
  });
});
