import { EngineError } from '../engine/engine.ts';

/** The engine came back with less, or with something else, than it was given. */
export function damaged(what: string): EngineError {
  return new EngineError(
    'corrupt',
    `the data is damaged: ${what}, but later data is there; ` +
      'restore the member from a snapshot or from the others',
  );
}
