/**
 * --admission-control-config-file: what admission plugins are told beyond their flags
 * (apiserver.config.k8s.io AdmissionConfiguration). What one plugin is told stands in the file, or
 * in one of its own, whose path it names. As in Kubernetes, the first entry of a name counts, and
 * entries for plugins that are off or take no configuration say nothing, right or wrong.
 */
import { isObject } from '../../api/deep.ts';
import { parseYaml } from '../../api/yaml.ts';
import type { PluginConfiguration } from '../admission/plugins.ts';
import {
  type CredentialPrograms,
  kubeconfigUsers,
  type WebhookUsers,
} from '../webhook/kubeconfig-target.ts';
import {
  ConfigurationError,
  configDocument,
  type Fields,
  type Shape,
  shaped,
} from './config-document.ts';
import { imagePolicyOf } from './image-policy-config.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import {
  eventLimitsOf,
  limitedResourcesOf,
  nodeSelectorsOf,
  podSecurityOf,
  tolerationsOf,
  webhookKubeconfigOf,
} from './plugin-configurations.ts';

const FLAG = 'admission-control-config-file';

export interface ConfigurationFiles {
  /** Fails with the flag's name in its message. */
  read(flag: string, path: string): Promise<string>;
  parsed<T>(flag: string, path: string, parse: (text: string) => T): Promise<T>;
  readonly runs: CredentialPrograms | undefined;
}

interface Entry {
  readonly name?: string;
  readonly path?: string;
  readonly configuration?: object;
}

const FORMS = {
  'apiserver.config.k8s.io/v1': 'AdmissionConfiguration',
  'apiserver.k8s.io/v1alpha1': 'AdmissionConfiguration',
};
const SHAPE: Shape = {
  apiVersion: 'string',
  kind: 'string',
  plugins: [{ name: 'string', path: 'string', configuration: 'any' }],
};

/** Before there was a kind, the file was that of one plugin. */
const legacyFields: Readonly<Record<string, string>> = {
  imagePolicy: 'ImagePolicyWebhook',
  podNodeSelectorPluginConfig: 'PodNodeSelector',
};

function entriesOf(text: string): readonly Entry[] {
  const configuration = parseYaml(text);
  if (isObject(configuration) && !(configuration as Fields)['kind']) {
    const legacy = Object.keys(legacyFields).filter((field) => Object.hasOwn(configuration, field));
    if (legacy.length > 0)
      return legacy.map((field) => ({ name: legacyFields[field]!, configuration }));
  }
  const { plugins = [] } = shaped(configDocument(text, FORMS), SHAPE) as {
    readonly plugins?: readonly Entry[];
  };
  return plugins.filter(({ name }, i) => plugins.findIndex((one) => one.name === name) === i);
}

/** Paths are relative to the file that names them. */
function beside(file: string, path: string): string {
  const slash = file.lastIndexOf('/');
  return path.startsWith('/') || slash < 0 ? path : `${file.slice(0, slash)}/${path}`;
}

export async function readAdmissionConfiguration(
  file: string | undefined,
  files: ConfigurationFiles,
  enabled: readonly { readonly name: string }[],
): Promise<PluginConfiguration> {
  let all: PluginConfiguration = {};
  if (file === undefined) return all;
  for (const { name = '', path = '', configuration } of await files.parsed(FLAG, file, entriesOf)) {
    if (path === '' && configuration === undefined) continue;
    const read = enabled.some((plugin) => plugin.name === name) ? readers.get(name) : undefined;
    if (read === undefined) continue;
    const from = configuration === undefined ? beside(file, path) : file;
    const text =
      configuration === undefined ? await files.read(FLAG, from) : JSON.stringify(configuration);
    // The reader of files says whose mistake it is.
    const parsed: Parsing = (parse) =>
      files.parsed(FLAG, from, () => {
        try {
          return parse(text);
        } catch (error) {
          const { message } = error as Error;
          throw new ConfigurationError(`couldn't init admission plugin "${name}": ${message}`);
        }
      });
    all = { ...all, ...(await read(parsed, files)) };
  }
  return all;
}

/** What a plugin's text means; its errors name plugin and file. */
type Parsing = <T>(parse: (text: string) => T) => Promise<T>;

/** By the names of the plugins. */
type Reader = (parsed: Parsing, files: ConfigurationFiles) => Promise<PluginConfiguration>;
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>(
  Object.entries({
    PodSecurity: async (parsed) => ({ podSecurity: await parsed(podSecurityOf) }),
    EventRateLimit: async (parsed) => ({ eventLimits: await parsed(eventLimitsOf) }),
    PodNodeSelector: async (parsed) => ({ nodeSelectors: await parsed(nodeSelectorsOf) }),
    PodTolerationRestriction: async (parsed) => ({ tolerations: await parsed(tolerationsOf) }),
    ResourceQuota: async (parsed) => ({ limitedResources: await parsed(limitedResourcesOf) }),
    ImagePolicyWebhook: async (parsed, files) => {
      const { kubeConfigFile, ...settings } = await parsed(imagePolicyOf);
      return {
        imagePolicy: { target: await kubeconfigFile(FLAG, kubeConfigFile, files), ...settings },
      };
    },
    MutatingAdmissionWebhook: async (parsed, files) => ({
      mutatingUsers: await webhookUsers(await parsed(webhookKubeconfigOf), files),
    }),
    ValidatingAdmissionWebhook: async (parsed, files) => ({
      validatingUsers: await webhookUsers(await parsed(webhookKubeconfigOf), files),
    }),
  } satisfies Record<string, Reader>),
);

async function webhookUsers(path: string, files: ConfigurationFiles): Promise<WebhookUsers> {
  const kubeconfig = await files.read(FLAG, path);
  try {
    return await kubeconfigUsers(kubeconfig, {
      folder: path.slice(0, path.lastIndexOf('/') + 1),
      read: (name) => files.read(FLAG, beside(path, name)),
      runs: files.runs,
    });
  } catch (error) {
    throw new ConfigurationError(`${path}: ${(error as Error).message}`);
  }
}
