/**
 * Formats of strings, as Kubernetes checks them in custom resources (k8s.io/kube-openapi strfmt;
 * the list is that of the documentation of CustomResourceDefinition). Other formats say nothing.
 */
import { isIPv4, isIPv6 } from '../../platform/net/ip.ts';

type Check = (text: string) => boolean;

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return month >= 1 && month <= 12 && day >= 1 && day <= lengths[month - 1]!;
}

function isDateTime(text: string): boolean {
  const [date = '', time] = text.toLowerCase().split('t');
  if (time === undefined || !isDate(date)) return false;
  const match = /^(\d\d):(\d\d):(\d\d)(.\d+)?(z|[+-]\d\d:\d\d)$/.exec(time);
  return match !== null && match[1]! <= '23' && match[2]! <= '59' && match[3]! <= '59';
}

const GO_DURATION = /^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
/** What Scala understands, and any longer word that begins with the last form of a unit. */
const WORDY_UNIT =
  /^(ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i;

function isDuration(text: string): boolean {
  if (GO_DURATION.test(text)) return true;
  for (const [, unit] of text.matchAll(/\d+[ \t\r\n\f]*([A-Za-zµ]+)/g))
    if (WORDY_UNIT.test(unit!)) return true;
  return false;
}

function isHostname(text: string): boolean {
  if (text.length > 255 || text === '') return false;
  const labels = text.split('.');
  const label = /^[a-zA-Z0-9\p{S}\p{L}]([a-zA-Z0-9\-\p{S}\p{L}]*[a-zA-Z0-9\p{S}\p{L}])?$/u;
  if (!labels.every((part) => part.length <= 63 && label.test(part))) return false;
  return labels.length === 1 || /^[a-zA-Z\p{L}]{2,63}$/u.test(labels.at(-1)!);
}

function isCidr(text: string): boolean {
  const slash = text.lastIndexOf('/');
  const [address, length] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash < 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return false;
  if (isIPv4(address)) return Number(length) <= 32;
  return isIPv6(address) && Number(length) <= 128;
}

function isRequestUri(text: string): boolean {
  if (text.startsWith('/')) return !/[\s\x00-\x1f\x7f]/.test(text);
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) || /[\s\x00-\x1f\x7f]/.test(text)) return false;
  return !/^[^:]+:\/\/[^/]*[<>"\\^`{|}]/.test(text);
}

function isEmail(text: string): boolean {
  const address = /^[^<>]*<([^<>]+)>$/.exec(text)?.[1] ?? text;
  const at = address.lastIndexOf('@');
  if (at <= 0 || at === address.length - 1) return false;
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  const atom = /^[^\s()<>[\]:;@\\,".]+(\.[^\s()<>[\]:;@\\,".]+)*$/;
  return (
    (atom.test(local) || /^"[^"\\]*"$/.test(local)) &&
    /^(\[.*\]|[^\s()<>[\]:;@\\,"]+)$/.test(domain)
  );
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{9}[\dXx]$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) {
    const digit = digits[i]!.toLowerCase() === 'x' ? 10 : Number(digits[i]);
    sum += (i + 1) * digit;
  }
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 13; i++) sum += Number(digits[i]) * (i % 2 === 0 ? 1 : 3);
  return sum % 10 === 0;
}

const cards = [
  ...['4\\d{12}(\\d{3})?', '5[1-5]\\d{14}', '6(011|5\\d\\d)\\d{12}', '3[47]\\d{13}'],
  ...['3(0[0-5]|[68]\\d)\\d{11}', '(2131|1800|35\\d{3})\\d{11}'],
];
const card = new RegExp(`^(${cards.join('|')})$`);

function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '');
  if (!card.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 1 : 2);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

/** 6, 8 or 20 bytes in pairs between colons or dashes, or in fours between dots. */
function isMac(text: string): boolean {
  const pairs = /^[0-9a-f]{2}(([:-])[0-9a-f]{2})(\2[0-9a-f]{2})*$/i.test(text);
  const fours = /^[0-9a-f]{4}(\.[0-9a-f]{4})+$/i.test(text);
  const bytes = text.replace(/[^0-9a-f]/gi, '').length / 2;
  return (pairs || fours) && [6, 8, 20].includes(bytes);
}

const COLOR = '\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*';

const uuid = (version: string, variant: string): RegExp =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?${variant}-?[0-9a-f]{12}$`, 'i');

/** By name without dashes: "date-time" is looked up as "datetime". */
const formats: Readonly<Record<string, Check>> = {
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  uri: isRequestUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  mac: isMac,
  uuid: matches(uuid('[0-9a-f]{4}', '[0-9a-f]{4}')),
  uuid3: matches(uuid('3[0-9a-f]{3}', '[0-9a-f]{4}')),
  uuid4: matches(uuid('4[0-9a-f]{3}', '[89ab][0-9a-f]{3}')),
  uuid5: matches(uuid('5[0-9a-f]{3}', '[89ab][0-9a-f]{3}')),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(new RegExp(`^rgb\\(${COLOR},${COLOR},${COLOR}\\)$`)),
  byte: matches(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
};

/** The check of a format of strings; undefined for one that says nothing. */
export function stringFormat(name: string): Check | undefined {
  const normalized = name.replaceAll('-', '');
  return Object.hasOwn(formats, normalized) ? formats[normalized] : undefined;
}

/** True for a format that means something with the type. */
export function isKnownFormat(type: string, format: string): boolean {
  switch (type) {
    case '':
    case 'string':
      return stringFormat(format) !== undefined;
    default:
      return false;
  }
}
