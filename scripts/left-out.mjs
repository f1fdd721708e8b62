// Takes the place of two packages in the bundle, which express loads and nobody here uses. body-parser (with iconv-lite's tables of
// every character set) is half of express: the API server reads bodies itself, and express.json() and its kin are undefined there.
// qs reads nested query strings, where asked to.
export {};
