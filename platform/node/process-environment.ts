/** Variables of this process, for programs that run inside another's. */
export const processEnvironment = (): Readonly<Record<string, string | undefined>> => process.env;
