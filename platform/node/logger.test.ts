import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLogger, type LogFormat } from './logger.ts';

function lines(format: LogFormat): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const written: string[] = [];
  const write = (line: string): void => void written.push(line);
  return { lines: written, logger: createLogger({ level: 'info', name: 'store', format, write }) };
}

describe('createLogger', () => {
  it('writes one JSON object per line, with the fields of its parents', () => {
    const log = lines('json');
    log.logger.child({ member: 'a' }).info({ revision: 7 }, 'compacted');
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]!.endsWith('\n')).toBe(true);
    expect(log.lines[0]).toMatch(/"ts":"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z"/);
    expect(JSON.parse(log.lines[0]!)).toMatchObject({
      level: 'info',
      component: 'store',
      member: 'a',
      revision: 7,
      msg: 'compacted',
    });
  });

  it.skipIf(!existsSync('/dev/full'))('goes on where nothing can be written', () => {
    const logger = createLogger({ level: 'silent', name: 'store', file: '/dev/full' });
    for (let n = 0; n < 100; n++) logger.warn({ n }, 'x'.repeat(100_000));
  });

  it('drops what is below its level', () => {
    const log = lines('json');
    log.logger.debug({}, 'too quiet');
    expect(log.lines).toEqual([]);
  });

  it('writes errors with their message, type and stack', () => {
    const log = lines('json');
    log.logger.error({ error: new RangeError('too far') }, 'failed');
    const { error } = JSON.parse(log.lines[0]!) as { error: Record<string, string> };
    expect(error).toMatchObject({ type: 'RangeError', message: 'too far' });
    expect(error['stack']).toContain('logger.test.ts');
  });

  it('writes text for people, quoting what has spaces', () => {
    const log = lines('console');
    log.logger.warn({ url: 'http://[::1]:2379', reason: 'two words' }, 'slow fsync');
    expect(log.lines[0]).toMatch(
      /^\d{4}-\S+Z WARN  store {2}slow fsync url=http:\/\/\[::1\]:2379 reason="two words"\n$/,
    );
  });
});
