/**
 * What stores of kube-apiserver hold of older versions: 1.34 itself writes resource.k8s.io/v1beta2,
 * VolumeAttributesClasses and definitions of custom resources in v1beta1, and those before it
 * wrote more. Versions that were gone from every release since 1.20 are not read.
 */
import { isObject } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { ForeignObjects } from '../storage/foreign-objects.ts';
import type { ResourceDeclaration } from './declaration.ts';
import { horizontalPodAutoscalerV1 } from './kinds/autoscaling/v1.ts';
import { definitionOfBeta } from './kinds/extensions/beta-definition.ts';
import { devicesOfBeta } from './kinds/resource/beta-devices.ts';

type Upgrade = (object: Record<string, unknown>) => void;

const asToday: Upgrade = () => {};

/** In v1beta1 this one meant all pods, and an empty selector none. */
const BETA_LABEL = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';

const budgetOfBeta: Upgrade = ({ spec }) => {
  const selector = isObject(spec) ? spec['selector'] : undefined;
  if (!isObject(selector)) return;
  const { matchLabels = {}, matchExpressions } = selector;
  const all = Array.isArray(matchExpressions) ? matchExpressions : [];
  if (all.length === 0 && Object.keys(matchLabels as object).length === 0) {
    selector['matchExpressions'] = [{ key: BETA_LABEL, operator: 'Exists' }];
    return;
  }
  const others = all.filter((each) => !isObject(each) || each['key'] !== BETA_LABEL);
  if (others.length > 0) selector['matchExpressions'] = others;
  else delete selector['matchExpressions'];
};

const autoscalerOfV1: Upgrade = (object) => {
  const { toStored } = horizontalPodAutoscalerV1.view;
  Object.assign(object, toStored(object as unknown as Parameters<typeof toStored>[0]));
};

/** By group, version and, where only some kinds are meant, kind. */
const upgrades: Readonly<Record<string, Upgrade>> = {
  'admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicy': asToday,
  'admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicyBinding': asToday,
  'apiextensions.k8s.io/v1beta1': definitionOfBeta,
  'autoscaling/v1/HorizontalPodAutoscaler': autoscalerOfV1,
  'batch/v1beta1/CronJob': asToday,
  'coordination.k8s.io/v1beta1/Lease': asToday,
  // The shares of a level were of another name, under the same number in protobuf.
  'flowcontrol.apiserver.k8s.io/v1beta2': asToday,
  'flowcontrol.apiserver.k8s.io/v1beta3': asToday,
  'networking.k8s.io/v1beta1/IPAddress': asToday,
  'networking.k8s.io/v1beta1/ServiceCIDR': asToday,
  'node.k8s.io/v1beta1': asToday,
  'policy/v1beta1/PodDisruptionBudget': budgetOfBeta,
  'rbac.authorization.k8s.io/v1beta1': asToday,
  'resource.k8s.io/v1beta1': devicesOfBeta,
  'resource.k8s.io/v1beta2': asToday,
  'scheduling.k8s.io/v1beta1': asToday,
  'storage.k8s.io/v1beta1': asToday,
};

/** What is read of a store that kube-apiserver wrote. */
export function foreignObjects(declaration: ResourceDeclaration): ForeignObjects {
  const { group, kind } = declaration.type;
  const found = Object.entries(upgrades).flatMap(([key, upgrade]) => {
    const [ofGroup, version, ofKind = kind] = key.split('/');
    return ofGroup === group && ofKind === kind ? [[`${group}/${version}`, upgrade] as const] : [];
  });
  return {
    older: new Map(found),
    applyDefaults: (object) =>
      declaration.applyDefaults?.(object as unknown as Mutable<KubernetesObject>),
  };
}
