// Preloaded (`node --import`): a wall clock that a test sets. WHERRY_TEST_CLOCK names a file with the
// milliseconds that it is ahead, read at the start and at each SIGUSR2.
import { readFileSync } from 'node:fs';

const now = Date.now.bind(Date);
let aheadMs = 0;
const read = () => {
  aheadMs = Number(readFileSync(process.env.WHERRY_TEST_CLOCK, 'utf8'));
};
read();
process.on('SIGUSR2', read);
Date.now = () => now() + aheadMs;
