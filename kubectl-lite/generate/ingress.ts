import type { KubernetesObject } from '../../api/meta.ts';
import { array, text } from '../flags/flag.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';

export const createIngress = generatorCommand({
  usage: 'NAME --rule=host/path=service:port[,tls[=secret]] [options]',
  flags: {
    annotation: array('An annotation: key=value'),
    class: text('The ingress class'),
    'default-backend': text('For all other requests: service:port'),
    rule: array('host/path=service:port[,tls[=secret]]; a path that ends in * is a prefix'),
  },
  namespaced: true,
  generate({ name, flags }) {
    if (flags.rule.length === 0 && flags['default-backend'] === '') {
      throw new UsageError(
        'not enough information provided: every ingress has to either specify a default-backend ' +
          '(which catches all traffic) or a list of rules (which catch specific paths)',
      );
    }
    const annotations = Object.fromEntries(
      flags.annotation.map((pair) => {
        const equals = pair.indexOf('=');
        if (equals <= 0) {
          throw new UsageError(`annotation ${pair} is invalid and should be in format key=[value]`);
        }
        return [pair.slice(0, equals), pair.slice(equals + 1)];
      }),
    );
    const parsed = flags.rule.map(parseRule);
    const hosts = [...new Set(parsed.map(({ host }) => host))];
    const rules = hosts.map((host) => ({
      ...(host === '' ? {} : { host }),
      http: { paths: parsed.filter((rule) => rule.host === host).map(({ path }) => path) },
    }));
    const tls = parsed
      .filter((rule) => rule.tls !== undefined)
      .map(({ host, tls: secret }) => ({
        ...(host === '' ? {} : { hosts: [host] }),
        ...(secret === '' ? {} : { secretName: secret }),
      }));
    const fallback = flags['default-backend'];
    if (fallback !== '' && !/^[^:]+:[^:]+$/.test(fallback)) {
      throw new UsageError('default-backend should be in format servicename:serviceport');
    }
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        ...(flags.annotation.length > 0 ? { annotations } : {}),
        creationTimestamp: null,
        name,
      },
      spec: {
        ...(fallback === '' ? {} : { defaultBackend: backendOf(fallback) }),
        ...(flags.class === '' ? {} : { ingressClassName: flags.class }),
        ...(rules.length > 0 ? { rules } : {}),
        ...(tls.length > 0 ? { tls } : {}),
      },
      status: { loadBalancer: {} },
    } as unknown as KubernetesObject;
  },
});

function parseRule(given: string): { host: string; path: object; tls: string | undefined } {
  const match = /^([^/=]*)(\/[^=]*)=([^,:]+:[^,:]+)(?:,tls.*?(?:=(.*))?)?$/.exec(given);
  if (match === null) {
    throw new UsageError(
      `rule ${given} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`,
    );
  }
  const [, host = '', path = '', backend = '', secret = ''] = match;
  const prefix = path.endsWith('*');
  return {
    host,
    path: {
      backend: backendOf(backend),
      path: prefix ? path.slice(0, -1) : path,
      pathType: prefix ? 'Prefix' : 'Exact',
    },
    tls: given.includes(',tls') ? secret : undefined,
  };
}

function backendOf(given: string): object {
  const [name = '', port = ''] = given.split(':');
  const target = /^\d+$/.test(port) ? { number: Number(port) } : { name: port };
  return { service: { name, port: target } };
}
