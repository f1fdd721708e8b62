import type { User } from './user.ts';

/** A token file that cannot be used; the message names the line. */
class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
}

const FIELD = /\s*(?:"((?:[^"]|"")*)"|([^,"]*))\s*(,|$)/y;

/** Fields of one CSV line (RFC 4180); undefined if its quotes do not match. */
function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = [];
  for (FIELD.lastIndex = 0; ;) {
    const match = FIELD.exec(line);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!.trim());
    if (match[3] === '') return fields;
  }
}

/** kube-apiserver's --token-auth-file: `token,user,uid` and optionally `"group1,group2"`. */
export function parseTokenFile(text: string): Map<string, User> {
  const tokens = new Map<string, User>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const fail = (why: string): never => {
      throw new TokenFileError(`line ${index + 1}: ${why}`);
    };
    const fields = fieldsOf(line) ?? fail('quotes do not match');
    const [token = '', name = '', uid = '', groups = ''] = fields;
    if (fields.length < 3) {
      fail(`at least 3 columns (token, user name, user uid), found ${fields.length}`);
    }
    if (token === '') fail('the token is empty');
    if (name === '') fail('the user name is empty');
    if (tokens.has(token)) fail('the token stands on an earlier line too');
    const names = groups.split(',').map((group) => group.trim());
    tokens.set(token, { name, uid, groups: names.filter((group) => group !== '') });
  });
  return tokens;
}
