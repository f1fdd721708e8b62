import { parseJson } from '../../api/json.ts';
import { PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { stringifyYaml } from '../../api/yaml-text.ts';
import type { JsonValue } from '../../platform/net/http.ts';
import { type Chunk, type HttpRequest } from '../../platform/net/http.ts';
import { jsonText } from '../../platform/json-text.ts';
import type { Accepted } from './accept.ts';
import { isTrue } from './request-info.ts';

/** What of a request decides how its answer is written. */
export type Asked = Pick<HttpRequest, 'headers' | 'query'>;

export interface AnswerBody {
  readonly body: JsonValue;
  /** Absent where the form is never protobuf. */
  readonly protobuf?: () => Uint8Array;
}

/** The answer in the form that was agreed on. */
export function encodeAnswer(asked: Asked, { mediaType }: Accepted, answer: AnswerBody): Chunk {
  switch (mediaType) {
    case 'application/yaml':
      return Buffer.from(stringifyYaml(answer.body.value));
    case PROTOBUF_MEDIA_TYPE:
      return answer.protobuf!();
    default:
      if (!isForPeople(asked)) return answer.body;
      return indented(answer.body);
  }
}

/** With its fields in the order in which they are sent; no newline follows, as in Kubernetes. */
export function indented(body: JsonValue): Uint8Array {
  return Buffer.from(jsonText(parseJson(Buffer.from(body.bytes()).toString()).value, 2));
}

const BROWSERS = ['curl/', 'Wget/', 'Mozilla/5.0'];

/** The `pretty` parameter; without it, the programs behind which people sit. */
export function isForPeople({ query, headers }: Asked): boolean {
  const pretty = query.get('pretty');
  if (pretty !== null) return pretty === '' || isTrue(pretty);
  const agent = headers['user-agent'];
  return agent !== undefined && BROWSERS.some((browser) => agent.startsWith(browser));
}
