/** Values with a format of their own, explained as Kubernetes explains them; empty list: valid. */
import { type FieldError, invalid, required } from '../field-errors.ts';
import { byteLength, dns1123Subdomain, tooLongMessage } from './names.ts';
import { isIP } from '../../platform/net/ip.ts';

export function inRange(value: number, min: number, max: number): string[] {
  return value >= min && value <= max ? [] : [`must be between ${min} and ${max}, inclusive`];
}

export function portNumber(port: number): string[] {
  return inRange(port, 1, 65_535);
}

/** The name of a port (IANA service name): at most 15 of a-z, 0-9 and "-", with a letter. */
export function portName(name: string): string[] {
  const errors: string[] = [];
  if (byteLength(name) > 15) errors.push(tooLongMessage(15));
  if (!/^[-a-z0-9]+$/.test(name)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) {
    errors.push('must not begin or end with a hyphen');
  }
  return errors;
}

export function percent(value: string): string[] {
  if (/^[0-9]+%$/.test(value)) return [];
  return [
    "a valid percent string must be a numeric string followed by an ending '%' " +
      "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
  ];
}

/** Since 1.34 any printable ASCII but "=" may stand in the name of an environment variable. */
export function envVarName(name: string): string[] {
  const errors: string[] = [];
  if (name === '') errors.push('environment variable name must be non-empty');
  if (!/^[ -<>-~]*$/.test(name)) {
    errors.push(
      'a valid environment variable name must consist only of printable ASCII characters ' +
        "other than '='",
    );
  }
  return errors;
}

/** Keys of ConfigMaps and Secrets: they become file names. */
export function configMapKey(key: string): string[] {
  const errors: string[] = [];
  if (byteLength(key) > 253) errors.push(tooLongMessage(253));
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    errors.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' " +
        "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', " +
        "regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === '.' || key === '..') errors.push(`must not be '${key}'`);
  else if (key.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

export function httpHeaderName(name: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return [];
  return [
    "a valid HTTP header must consist of alphanumeric characters or '-' " +
      "(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
  ];
}

export function validateIP(value: string, field: string): FieldError[] {
  if (isIP(value)) return [];
  const message = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  return [invalid(field, value, message)];
}

const PATH_PATTERN = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** "acme.io/foo": names of controllers and of drivers' finalizers. */
export function domainPrefixedPath(value: string, field: string): FieldError[] {
  if (value === '') return [required(field)];
  const slash = value.indexOf('/');
  const [host, path] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  if (host === '' || path === '') {
    const detail = 'must be a domain-prefixed path (such as "acme.io/foo")';
    return [invalid(field, value, detail)];
  }
  const errors = dns1123Subdomain(host).map((message) => invalid(field, host, message));
  if (new RegExp(`^${PATH_PATTERN}$`).test(path)) return errors;
  const detail = `Invalid path (regex used for validation is '${PATH_PATTERN}')`;
  return [...errors, invalid(field, path, detail)];
}
