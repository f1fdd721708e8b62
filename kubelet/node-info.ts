/** node.status.nodeInfo: what `kubectl describe node` prints as System Info. */
import { versionDocument } from '../api/kubernetes-version.ts';
import type { NodeSystemInfo } from '../api/types/core-v1.ts';
import { fnv32a } from '../platform/fnv.ts';
import type { Machine } from '../platform/machine.ts';

/** The same wherever it is simulated, so that what is asked of a node's labels fits anywhere. */
export const hollowMachine: Machine = {
  architecture: 'amd64',
  kernelVersion: 'hollow',
  osImage: 'Wherry hollow node',
};

/** 32 hex digits, the same whenever the node of that name starts. */
function idOf(what: string, node: string): string {
  const words = [0, 1, 2, 3].map((i) => fnv32a(`${i}/${what}/${node}`));
  return words.map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** In the form of RFC 9562, of version 8: made in a way of one's own. */
function uuidOf(what: string, node: string): string {
  const parts = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/.exec(idOf(what, node))!;
  const [, first, second, third, fourth, last] = parts;
  return `${first}-${second}-8${third}-8${fourth}-${last}`;
}

export interface NodeIdentity {
  readonly name: string;
  readonly machine: Machine;
  /** "name://version" */
  readonly runtimeVersion: string;
}

export function nodeInfo({ name, machine, runtimeVersion }: NodeIdentity): NodeSystemInfo {
  return {
    architecture: machine.architecture,
    bootID: uuidOf('boot', name),
    machineID: idOf('machine', name),
    systemUUID: uuidOf('system', name),
    containerRuntimeVersion: runtimeVersion,
    kernelVersion: machine.kernelVersion,
    kubeProxyVersion: '',
    kubeletVersion: versionDocument.gitVersion,
    operatingSystem: 'linux',
    osImage: machine.osImage,
  };
}
