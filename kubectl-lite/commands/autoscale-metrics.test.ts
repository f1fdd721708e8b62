import { describe, expect, it } from 'vitest';
import { metricsOf, percentOnly } from './autoscale-metrics.ts';

const asked = (more: object) => metricsOf({ 'cpu-percent': -1, cpu: '', memory: '', ...more });

describe('what an autoscaler aims at', () => {
  it.each([
    [{ 'cpu-percent': 80 }, 'cpu', { type: 'Utilization', averageUtilization: 80 }],
    [{ cpu: '70%' }, 'cpu', { type: 'Utilization', averageUtilization: 70 }],
    [{ cpu: '500m' }, 'cpu', { type: 'AverageValue', averageValue: '500m' }],
    [{ cpu: '500' }, 'cpu', { type: 'AverageValue', averageValue: '500m' }],
    [{ memory: '60%' }, 'memory', { type: 'Utilization', averageUtilization: 60 }],
    [{ memory: '200' }, 'memory', { type: 'AverageValue', averageValue: '200Mi' }],
    [{ memory: '1Gi' }, 'memory', { type: 'AverageValue', averageValue: '1Gi' }],
  ])('by %j', (flags, name, target) => {
    expect(asked(flags)).toEqual([{ type: 'Resource', resource: { name, target } }]);
  });

  it('is nothing by itself, or both', () => {
    expect(asked({})).toEqual([]);
    expect(asked({ cpu: '70%', memory: '1Gi' })).toHaveLength(2);
  });

  it.each([
    [{ 'cpu-percent': 80, cpu: '70%' }, '--cpu-percent and --cpu are mutually exclusive'],
    [{ cpu: 'much' }, 'invalid resource cpu value: much'],
    [{ memory: 'x%' }, 'invalid percentage value: x'],
  ])('is refused for %j', (flags, message) => {
    expect(() => asked(flags)).toThrow(message);
  });

  it('is told autoscaling/v1 if it is a percentage of CPU', () => {
    expect(percentOnly(asked({ cpu: '70%' }))).toBe(70);
    expect(percentOnly(asked({ cpu: '500m' }))).toBeUndefined();
    expect(percentOnly(asked({ cpu: '70%', memory: '1Gi' }))).toBeUndefined();
  });
});
