import {
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
} from '../../../../api/resources.ts';
import type { Act, User } from '../users.ts';
import { HOME, STATIC } from './names.ts';

/** By name, when their claims are bound; {@link STATIC} is the class of volumes made by hand. */
const classes = { eager: 'Immediate', lazy: 'WaitForFirstConsumer' } as const;
const capacity = { storage: '1Gi' };
const accessModes = ['ReadWriteOnce'];

const claimName = (user: User): string => `data-${user.random.below(3)}`;

async function createClass(user: User): Promise<void> {
  const name = user.random.pick(['eager', 'lazy'] as const);
  user.note(`create storageclass ${name}`);
  const volumeBindingMode = classes[name];
  const provisioner = 'hollow.wherry.io';
  await user.client.create(storageClasses, { metadata: { name }, provisioner, volumeBindingMode });
}

async function createVolume(user: User): Promise<void> {
  const name = `disk-${user.random.below(2)}`;
  user.note(`create volume ${name}`);
  await user.client.create(persistentVolumes, {
    metadata: { name },
    spec: { capacity, accessModes, storageClassName: STATIC, hostPath: { path: `/${name}` } },
  });
}

async function deleteVolume(user: User): Promise<void> {
  const name = `disk-${user.random.below(2)}`;
  user.note(`delete volume ${name}`);
  await user.client.delete(persistentVolumes, { name });
}

async function createClaim(user: User): Promise<void> {
  const name = claimName(user);
  const storageClassName = user.random.pick(['eager', 'lazy', 'lazy', STATIC]);
  user.note(`create claim ${name} of class ${storageClassName}`);
  await user.client.create(persistentVolumeClaims, {
    metadata: { namespace: HOME, name },
    spec: { accessModes, storageClassName, resources: { requests: capacity } },
  });
}

async function deleteClaim(user: User): Promise<void> {
  const name = claimName(user);
  user.note(`delete claim ${name}`);
  await user.client.delete(persistentVolumeClaims, { namespace: HOME, name });
}

async function createReader(user: User): Promise<void> {
  const name = `reader-${user.random.below(3)}`;
  const claim = claimName(user);
  user.note(`create pod ${name} with claim ${claim}`);
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: claim } }];
  await user.client.create(pods, {
    metadata: { namespace: HOME, name, labels: { app: 'reader' }, annotations: user.annotations() },
    spec: { ...user.podSpec('reader'), volumes },
  });
}

async function deleteReader(user: User): Promise<void> {
  const name = `reader-${user.random.below(3)}`;
  user.note(`delete pod ${name}`);
  await user.client.delete(pods, { namespace: HOME, name });
}

export const storageActs: readonly Act[] = [
  ['create storageclass', createClass],
  ['create storageclass', createClass],
  ['create volume', createVolume],
  ['delete volume', deleteVolume],
  ['create claim', createClaim],
  ['create claim', createClaim],
  ['create claim', createClaim],
  ['delete claim', deleteClaim],
  ['create reader', createReader],
  ['create reader', createReader],
  ['create reader', createReader],
  ['delete reader', deleteReader],
];
