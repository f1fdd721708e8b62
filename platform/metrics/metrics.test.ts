import { describe, expect, it } from 'vitest';
import { exponential } from './histogram.ts';
import { Metrics } from './metrics.ts';
import { metricsText } from './text.ts';

describe('metrics', () => {
  it('are written by name, with escaped labels', () => {
    const metrics = new Metrics();
    const calls = metrics.counter('b_calls_total', 'Calls.', ['path', 'code']);
    calls.with('/a"\\\n', '200').add();
    calls.with('/a"\\\n', '200').add(2);
    calls.with('/b', '404').add();
    metrics.gauge('a_depth', 'Depth.').with().value = 7;
    metrics.counter('c_never_total', 'Nothing has happened yet.', ['why']);
    expect(metricsText(metrics)).toBe(
      [
        '# HELP a_depth Depth.',
        '# TYPE a_depth gauge',
        'a_depth 7',
        '# HELP b_calls_total Calls.',
        '# TYPE b_calls_total counter',
        'b_calls_total{path="/a\\"\\\\\\n",code="200"} 3',
        'b_calls_total{path="/b",code="404"} 1',
        '',
      ].join('\n'),
    );
  });

  it('count observations at or below each bound', () => {
    const metrics = new Metrics();
    const shape = { bounds: exponential(1, 2, 3), labels: ['op'] };
    const took = metrics.histogram('took_seconds', 'Time.', shape).with('get');
    for (const seconds of [0.5, 1, 1.5, 4, 9]) took.observe(seconds);
    expect(metricsText(metrics).split('\n').slice(2, -1)).toEqual([
      'took_seconds_bucket{op="get",le="1"} 2',
      'took_seconds_bucket{op="get",le="2"} 3',
      'took_seconds_bucket{op="get",le="4"} 4',
      'took_seconds_bucket{op="get",le="+Inf"} 5',
      'took_seconds_sum{op="get"} 16',
      'took_seconds_count{op="get"} 5',
    ]);
  });

  it('are shared by name, and refuse to be two things', () => {
    const metrics = new Metrics();
    const one = metrics.counter('x_total', 'X.', ['a']);
    expect(metrics.counter('x_total', 'X.', ['a'])).toBe(one);
    expect(() => metrics.gauge('x_total', 'X.', ['a'])).toThrow('two metrics are called x_total');
    expect(() => metrics.counter('x_total', 'X.', ['b'])).toThrow('x_total');
    expect(() => one.with('1', '2')).toThrow('other labels');
  });

  it('are looked up when asked for, until that ends', () => {
    const metrics = new Metrics();
    const gauge = metrics.gauge('size', 'Size.');
    let size = 1;
    const end = metrics.collect(() => (gauge.with().value = size));
    expect(metricsText(metrics)).toContain('size 1');
    size = 2;
    expect(metricsText(metrics)).toContain('size 2');
    end();
    size = 3;
    expect(metricsText(metrics)).toContain('size 2');
  });
});
