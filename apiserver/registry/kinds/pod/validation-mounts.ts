/** Where a container sees the pod's volumes. */
import {
  type FieldError,
  forbidden,
  invalid,
  notFound,
  required,
} from '../../../../api/field-errors.ts';
import type { Container, Volume, VolumeMount } from '../../../../api/types/core-v1.ts';
import { oneOf, requiredText } from '../checks.ts';
import { validateDescendingPath, validateNoBacksteps } from './paths.ts';

export type Volumes = ReadonlyMap<string, Volume>;

/** `at` is that of all mounts, in Kubernetes' paths too. */
function validatePropagation(mount: VolumeMount, container: Container, at: string): FieldError[] {
  const { mountPropagation, recursiveReadOnly, readOnly } = mount;
  const errors: FieldError[] = [];
  if (mountPropagation === 'Bidirectional' && !container.securityContext?.privileged) {
    const detail = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbidden(`${at}.mountPropagation`, detail));
  }
  if (mountPropagation !== undefined) {
    const field = `${at}.mountPropagation`;
    errors.push(
      ...oneOf(mountPropagation, ['Bidirectional', 'HostToContainer', 'None'], {
        field,
        pointer: true,
      }),
    );
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return errors;
  const field = `${at}.recursiveReadOnly`;
  const words = ['Disabled', 'Enabled', 'IfPossible'];
  errors.push(...oneOf(recursiveReadOnly, words, { field, pointer: true }));
  if (!readOnly) errors.push(forbidden(field, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    const detail = 'may only be specified when mountPropagation is None or not specified';
    errors.push(forbidden(field, detail));
  }
  return errors;
}

function validateSubPath({ subPath, subPathExpr }: VolumeMount, at: string): FieldError[] {
  const errors = subPath ? validateDescendingPath(subPath, `${at}.subPath`) : [];
  if (!subPathExpr) return errors;
  const field = `${at}.subPathExpr`;
  if (subPath) {
    errors.push(invalid(field, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  }
  return [...errors, ...validateDescendingPath(subPathExpr, field)];
}

export function validateVolumeMounts(
  container: Container,
  volumes: Volumes,
  field: string,
): FieldError[] {
  const paths = new Set<string>();
  const devices = container.volumeDevices ?? [];
  return (container.volumeMounts ?? []).flatMap((mount, i) => {
    const at = `${field}[${i}]`;
    const { name = '', mountPath = '' } = mount;
    const errors = requiredText(name, `${at}.name`);
    if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name));
    errors.push(...requiredText(mountPath, `${at}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    if (devices.some((device) => device.name === name)) {
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeDevices'));
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      const detail = 'must not already exist as a path in volumeDevices';
      errors.push(invalid(`${at}.mountPath`, mountPath, detail));
    }
    errors.push(...validateSubPath(mount, at), ...validatePropagation(mount, container, field));
    return errors;
  });
}

export function validateVolumeDevices(
  container: Container,
  volumes: Volumes,
  field: string,
): FieldError[] {
  const names = new Set<string>();
  const paths = new Set<string>();
  const unique = (seen: Set<string>, value: string, at: string): FieldError[] => {
    const known = seen.has(value);
    seen.add(value);
    return known ? [invalid(at, value, 'must be unique')] : [];
  };
  return (container.volumeDevices ?? []).flatMap(({ name = '', devicePath = '' }, i) => {
    const at = `${field}[${i}]`;
    const errors = requiredText(name, `${at}.name`);
    errors.push(...unique(names, name, `${at}.name`));
    const volume = volumes.get(name);
    if (volume === undefined) errors.push(notFound(`${at}.name`, name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const detail =
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(invalid(`${at}.name`, name, detail));
    }
    if (devicePath === '') return [...errors, required(`${at}.devicePath`)];
    errors.push(...unique(paths, devicePath, `${at}.devicePath`));
    return [...errors, ...validateNoBacksteps(devicePath, `${at}.devicePath`)];
  });
}
