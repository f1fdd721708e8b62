import { expect, it } from 'vitest';
import { GoTemplate } from './go-template.ts';

const root = { name: 'web', list: ['a', 'b', 'c'], map: { y: 2, x: 1 }, inner: { name: 'in' } };
const printed = (template: string, strict = false): string =>
  new GoTemplate(template, strict).print(root);

it.each([
  ['{{define "t"}}<{{.}}>{{end}}{{template "t" .name}}', '<web>'],
  ['{{define "t"}}{{$.name}}{{end}}{{template "t" .inner}}', 'in'],
  ['{{block "b" .list}}{{len .}}{{end}}{{template "b" .name}}', '33'],
  ['{{range .list}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', 'ac'],
  ['{{range $i, $e := .list}}{{if eq $i 1}}{{break}}{{end}}{{$e}}{{end}}!', 'a!'],
  ['{{range $k, $v := .map}}{{$k}}={{$v}};{{end}}', 'x=1;y=2;'],
  ['{{range .none}}x{{else}}empty{{end}}', 'empty'],
  ['{{with .none}}x{{else with .name}}{{.}}{{end}}', 'web'],
  ['{{ "a\\n" | printf "%q" }}', '"a\\n"'],
  ['{{.none}}', '<no value>'],
  ['{{- .name -}}  x', 'webx'],
])('%s prints %s', (template, expected) => {
  expect(printed(template)).toBe(expected);
});

it.each([
  ['{{template "t"}}', 'template "t" not defined'],
  ['{{define "t"}}{{template "t" .}}{{end}}{{template "t" .}}', 'exceeded maximum template depth'],
  ['{{break}}', '{{break}} outside {{range}}'],
  ['{{if true}}{{define "t"}}{{end}}{{end}}', 'unexpected {{define}}'],
  ['{{define "t"}}', 'unexpected EOF'],
])('%s is refused', (template, message) => {
  expect(() => printed(template)).toThrow(message);
});

it('refuses keys that are not there if asked to', () => {
  expect(() => printed('{{.none}}', true)).toThrow('map has no entry for key "none"');
  expect(printed('{{.name}}', true)).toBe('web');
});
