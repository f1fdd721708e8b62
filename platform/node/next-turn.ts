/** Runs `fn` once the event loop has taken in what arrived meanwhile. */
export const nextTurn = (fn: () => void): void => {
  setImmediate(fn);
};

/** Milliseconds that this thread was at work so far, not waiting for something to do. */
export const busyMs = (): number => performance.eventLoopUtilization().active;
