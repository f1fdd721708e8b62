import { expect, it } from 'vitest';
import { imageName, NodeImages } from './node-images.ts';

it.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.27', 'docker.io/library/nginx:1.27'],
  ['bitnami/redis', 'docker.io/bitnami/redis:latest'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['localhost/tool', 'localhost/tool:latest'],
  ['registry:5000/tool@sha256:ab', 'registry:5000/tool@sha256:ab'],
])('the image %s is %s', (image, name) => expect(imageName(image)).toBe(name));

const named = (...names: string[]) =>
  names.map((name) => ({ names: [`docker.io/library/${name}`] }));

it('tells of each image once, after those that were told of before', () => {
  const images = new NodeImages();
  for (const image of ['web:2', 'db', 'db:latest', 'cache:1']) images.note(image);
  const before = named('cache:1', 'old:1');
  const told = [...before, ...named('db:latest', 'web:2')];
  expect(images.told(before)).toEqual(told);
  expect(images.told(told)).toEqual(told);
  expect(new NodeImages().told(before)).toEqual(before);
});

it('tells of fifty at most', () => {
  const images = new NodeImages();
  for (let i = 0; i < 60; i++) images.note(`i:${i}`);
  expect(images.told(named('old:1'))).toHaveLength(50);
});
