/** Defaults of a pod and of a pod template, as Kubernetes 1.34 fills them in. */
import type { Mutable } from '../../../../api/meta.ts';
import type {
  Container,
  EphemeralContainer,
  LifecycleHandler,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from '../../../../api/types/core-v1.ts';
import { defaultPodLevelResources } from './defaults-pod-level.ts';
import { defaultVolume } from './defaults-volume.ts';
import { defaultPullPolicy } from './image.ts';
import { roundAmounts } from '../../../../api/quantity.ts';

function defaultHandler(handler: Mutable<LifecycleHandler> | undefined): void {
  if (!handler?.httpGet) return;
  handler.httpGet.path ||= '/';
  handler.httpGet.scheme ||= 'HTTP';
}

function defaultProbe(probe: Mutable<Probe> | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc) probe.grpc.service ??= '';
  defaultHandler(probe);
}

function defaultContainer(container: Mutable<Container | EphemeralContainer>): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  const resources = (container.resources ??= {});
  for (const each of [resources.limits, resources.requests]) roundAmounts(each);
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1';
  }
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are kept in step. */
function mirrorServiceAccount(spec: Mutable<PodSpec>): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName ||= name;
  if (spec.serviceAccount !== name) spec.serviceAccount = name;
}

/** Only sidecars have one: the others' came with a feature that is off (ContainerRestartRules). */
function dropRestartPolicy(container: Mutable<Container | EphemeralContainer>): void {
  if (container.restartPolicy !== undefined) delete container.restartPolicy;
}

function defaultPodSpec(spec: Mutable<PodSpec>): void {
  spec.containers ??= [];
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= 'default-scheduler';
  const { overhead, resources } = spec;
  for (const each of [overhead, resources?.limits, resources?.requests]) roundAmounts(each);
  mirrorServiceAccount(spec);
  for (const container of spec.initContainers ?? []) {
    defaultContainer(container);
    if (container.restartPolicy !== 'Always') dropRestartPolicy(container);
  }
  for (const container of [...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    defaultContainer(container);
    dropRestartPolicy(container);
  }
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

/** The part of a workload that pods are made from. */
export function defaultPodTemplate(template: Mutable<PodTemplateSpec>): void {
  template.metadata ??= {};
  defaultPodSpec((template.spec ??= { containers: [] }));
}

/** What is limited but not requested is requested at its limit. */
function requestLimits(container: Mutable<Container>): void {
  const { resources } = container;
  for (const [name, limit] of Object.entries(resources?.limits ?? {})) {
    if (resources!.requests?.[name] === undefined) (resources!.requests ??= {})[name] = limit;
  }
}

/** On the host's network a container's port is the host's. */
function defaultHostPorts(container: Mutable<Container>): void {
  for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
}

/** Beyond the spec's defaults, which templates have too, those of a pod proper. */
export function defaultPod(pod: Mutable<Pod>): void {
  const spec = (pod.spec ??= { containers: [] });
  defaultPodSpec(spec);
  // Only of a pod: templates keep what they say.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    requestLimits(container);
    if (spec.hostNetwork) defaultHostPorts(container);
  }
  defaultPodLevelResources(spec);
}
