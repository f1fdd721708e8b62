import { InvalidArgumentError, Option } from 'commander';

const ALLOWED =
  '--strict-transport-security-directives invalid, allowed values: max-age=expireTime, ' +
  'includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more ' +
  'information';

/** "max-age=1,preload" as the header has it: "max-age=1; preload". Undefined for none. */
export function strictTransport(text: string): string | undefined {
  if (text === '') return undefined;
  const directives = text.split(',');
  for (const directive of directives) {
    if (directive.trim() === '')
      throw new InvalidArgumentError('empty value in strict-transport-security-directives');
    if (!/^(includeSubDomains|preload|max-age=[^=]*)$/.test(directive))
      throw new InvalidArgumentError(ALLOWED);
  }
  return directives.join('; ');
}

export const strictTransportFlag = (): Option =>
  new Option(
    '--strict-transport-security-directives <list>',
    'what browsers are told in Strict-Transport-Security (default: nothing)',
  ).argParser(strictTransport);
