// Takes body-parser's place in the bundle: express re-exports its parsers, and loading them (with iconv-lite's tables of every
// character set) is half of express. The API server reads bodies itself: express.json() and its kin are undefined there.
export {};
