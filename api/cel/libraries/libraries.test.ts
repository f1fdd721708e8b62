import { describe, expect, it } from 'vitest';
import { Environment } from '../environment.ts';
import { STRING } from '../types.ts';
import { type CelValue, isList, Optional } from '../values.ts';

const environment = new Environment({});
const plain = (value: CelValue): unknown => {
  if (isList(value)) return [...value].map(plain);
  if (value instanceof Optional) return value.value === undefined ? 'none' : plain(value.value);
  return value;
};
const run = (source: string): unknown => plain(environment.compile(source).run({}, {}).value);

describe('libraries', () => {
  it.each<[string, unknown]>([
    ['"tacocat".charAt(3)', 'o'],
    ['"h😀i".charAt(1) == "😀" && "h😀i".indexOf("i") == 2', true],
    ['"hello mellow".indexOf("ello", 2)', 7n],
    ['"hello mellow".lastIndexOf("ello")', 7n],
    ['"hello mellow".lastIndexOf("ello", 6)', 1n],
    ['"TacoCÆt".lowerAscii() + "tacoCæt".upperAscii()', 'tacocÆtTACOCæT'],
    ['"hello hello".replace("he", "we", 1)', 'wello hello'],
    ['"hello".replace("", "_")', '_h_e_l_l_o_'],
    ['"a b c".split(" ")', ['a', 'b', 'c']],
    ['"a b c".split(" ", 2)', ['a', 'b c']],
    ['"tacocat".substring(4) + "tacocat".substring(0, 4)', 'cattaco'],
    ['"  \\ttrim\\n ".trim()', 'trim'],
    ['["a", "b"].join("-")', 'a-b'],
    [
      '"%s is %d (%.2f, %x, %%) %s".format(["a", 3, 1.5, 255, ["b", "c"]])',
      'a is 3 (1.50, ff, %) ["b", "c"]',
    ],
    ['strings.quote("a\\"b\\n")', '"a\\"b\\n"'],
    ['[1, 2, 3].sum() + [1, 5, 2].max() - [4, 2].min()', 9n],
    ['[1, 2, 2].isSorted() && !["b", "a"].isSorted()', true],
    ['["a", "b", "a"].lastIndexOf("a")', 2n],
    ['sets.contains([1, 2, 3], [2, 3]) && !sets.contains([1], [2])', true],
    ['sets.equivalent([1, 1, 2], [2, 1]) && sets.intersects([1], [1, 2])', true],
    ['isIP("10.0.0.1") && isIP("fd00::1") && !isIP("10.0.0.256") && !isIP("::ffff:1.2.3.4")', true],
    ['ip("192.168.0.1").family()', 4n],
    ['ip("127.0.0.1").isLoopback() && ip("::1").isLoopback()', true],
    ['ip("169.254.1.1").isLinkLocalUnicast() && ip("224.0.0.1").isLinkLocalMulticast()', true],
    ['ip("10.0.0.1").isGlobalUnicast() && ip("0.0.0.0").isUnspecified()', true],
    ['ip.isCanonical("2001:db8::1") && !ip.isCanonical("2001:DB8::1")', true],
    ['string(ip("2001:db8:0:0:0:0:0:1"))', '2001:db8::1'],
    [
      'cidr("10.0.0.0/8").containsIP("10.1.2.3") && !cidr("10.0.0.0/8").containsIP(ip("11.0.0.0"))',
      true,
    ],
    ['cidr("10.0.0.0/8").containsCIDR(cidr("10.1.0.0/16"))', true],
    ['string(cidr("10.1.2.3/8").masked())', '10.0.0.0/8'],
    ['cidr("fd00::/10").prefixLength()', 10n],
    ['isURL("https://a.example:80/p?q=1") && isURL("/p") && !isURL("a.example")', true],
    ['url("https://a.example:80/p%20q?k=v&k=w").getHost()', 'a.example:80'],
    ['url("https://[::1]:80/").getHostname() + url("https://[::1]:80/").getPort()', '::180'],
    ['url("https://a.example/p%20q?k=v").getEscapedPath()', '/p%20q'],
    ['url("https://a.example/?k=v&k=w").getQuery()["k"]', ['v', 'w']],
    ['url("https://a.example/").getScheme()', 'https'],
    ['isQuantity("1.5Gi") && !isQuantity("1.5GiB")', true],
    [
      'quantity("1Gi").isGreaterThan(quantity("1000M")) && quantity("1") == quantity("1000m")',
      true,
    ],
    ['quantity("50k").add(quantity("20k")).sub(10000).asInteger()', 60000n],
    ['quantity("1").compareTo(quantity("2"))', -1n],
    ['sign(quantity("-1"))', -1n],
    ['string(quantity("1000m"))', '1'],
    ['isSemver("1.2.3") && !isSemver("1.2") && isSemver("v1.2", true)', true],
    ['semver("1.2.3-rc.1").isLessThan(semver("1.2.3")) && semver("1.10.0").minor() == 10', true],
    ['semver("1.0.0-alpha.2").compareTo(semver("1.0.0-alpha.11"))', -1n],
    ['format.dns1123Label().validate("ok").hasValue()', false],
    ['format.dns1123Label().validate("Not Ok").value().size() > 0', true],
    ['format.named("uuid").value().validate("6d69e2b4-7a2b-4c5e-9f5a-0c2b1d3e4f5a")', 'none'],
    ['format.named("none").hasValue()', false],
  ])('%s', (source, value) => {
    expect(run(source)).toEqual(value);
  });

  it.each([
    ['"a".charAt(7)', 'index out of range: 7'],
    ['ip("x")', 'IP Address "x" parse error during conversion from string'],
    ['quantity("x")', 'quantities must match'],
    ['"%d".format(["a"])', 'decimal clause can only be used on integers, was given string'],
    ['"%s %s".format(["a"])', 'index 1 out of range'],
    ['[0].filter(x, x > 0).max()', 'max called on empty list'],
    ['"a".matches("(" + "")', 'error parsing regexp'],
  ])('%s fails', (source, message) => {
    expect(() => run(source)).toThrow(message);
  });

  it('trims in one pass', () => {
    const spaces = ' '.repeat(1_000_000);
    const trimmed = new Environment({ text: STRING }).compile('text.trim()');
    const { value } = trimmed.run({ text: `\u0085x${spaces}x\n` }, {});
    expect(value === `x${spaces}x`).toBe(true);
  });
});
