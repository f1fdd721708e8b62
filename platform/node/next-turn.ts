/** Runs `fn` once the event loop has taken in what arrived meanwhile. */
export const nextTurn = (fn: () => void): void => {
  setImmediate(fn);
};
