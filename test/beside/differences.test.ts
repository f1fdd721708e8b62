import { expect, test } from 'vitest';
import { differences, unjustified } from './differences.ts';

const theirs = {
  objects: { 'Pod/a': [{ spec: { nodeName: 'n' }, status: {} }] },
  events: ['1 × x: made'],
};
const ours = {
  objects: { 'Pod/a': [{ spec: { nodeName: 'm' }, status: {} }], 'Pod/b': [{ spec: {} }] },
  events: ['2 × x: made'],
};

test('what only one of two recordings has is told, each leaf in a line', () => {
  expect(differences(theirs, theirs)).toEqual([]);
  expect(differences(theirs, ours)).toEqual([
    '-  Pod/a 0 spec nodeName = "n"',
    '- event 1 × x: made',
    '+  Pod/a 0 spec nodeName = "m"',
    '+  Pod/b 0 spec = {}',
    '+ event 2 × x: made',
  ]);
});

test('what is meant to differ is left out, in the scenarios it is meant for', () => {
  const lines = differences(theirs, ours);
  const justified = [
    { lines: /spec nodeName/, why: 'drawn by lot' },
    { scenario: /^noisy/, lines: /event \d × x/, why: 'told as often as it looks' },
  ];
  expect(unjustified('quiet', lines, justified)).toEqual([
    '- event 1 × x: made',
    '+  Pod/b 0 spec = {}',
    '+ event 2 × x: made',
  ]);
  expect(unjustified('noisy one', lines, justified)).toEqual(['+  Pod/b 0 spec = {}']);
});
