/** Tells the client something that keeps no write from being taken. */
export type Warn = (warning: string) => void;
