/** An HttpHandler that fails now and then, as networks and busy servers do. */
import { type HttpHandler, type HttpResponse, JsonValue } from '../../platform/net/http.ts';

export interface Faults {
  /** A number in [0, 1): below the rate, the fault happens. */
  draw(): number;
  /** Of requests refused before they are carried out. */
  readonly refusalRate: number;
  /** Of requests carried out whose answer is lost. */
  readonly lostAnswerRate: number;
  /** Of watch events after which the stream breaks. */
  readonly brokenWatchRate: number;
}

export function faulty(handler: HttpHandler, faults: Faults): HttpHandler {
  return async (request) => {
    if (faults.draw() < faults.refusalRate) throw new Error('connect ECONNREFUSED (injected)');
    const response = await handler(request);
    if (request.query.get('watch') === 'true') return { ...response, ...broken(response, faults) };
    if (faults.draw() < faults.lostAnswerRate) throw new Error('socket hang up (injected)');
    return response;
  };
}

function broken({ body }: HttpResponse, faults: Faults): Pick<HttpResponse, 'body'> {
  if (body === undefined || body instanceof Uint8Array || body instanceof JsonValue) return {};
  async function* events() {
    for await (const chunk of body as AsyncIterable<JsonValue>) {
      yield chunk;
      if (faults.draw() < faults.brokenWatchRate) throw new Error('socket hang up (injected)');
    }
  }
  return { body: events() };
}
