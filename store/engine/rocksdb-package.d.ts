/** The part of npm `rocksdb` 5.2.1 (abstract-leveldown 7) that `rocksdb.ts` uses. */
declare module 'rocksdb' {
  type Callback<T = void> = (error: Error | null | undefined, result: T) => void;

  export interface RocksIterator {
    next(callback: (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void): void;
    end(callback: Callback): void;
  }

  export interface RocksBatch {
    put(key: Buffer, value: Buffer): void;
    del(key: Buffer): void;
    write(options: { sync: boolean }, callback: Callback): void;
  }

  export interface RocksOptions {
    readonly createIfMissing?: boolean;
    readonly infoLogLevel?: 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'header' | null;
    readonly cacheSize?: number;
    readonly writeBufferSize?: number;
    readonly maxOpenFiles?: number;
    readonly maxFileSize?: number;
  }

  export default class RocksDB {
    constructor(location: string);
    open(options: RocksOptions, callback: Callback): void;
    close(callback: Callback): void;
    get(key: Buffer, options: object, callback: Callback<Buffer>): void;
    getMany(keys: readonly Buffer[], callback: Callback<(Buffer | undefined)[]>): void;
    batch(): RocksBatch;
    clear(range: { gte: Buffer; lt: Buffer }, callback: Callback): void;
    iterator(options: { gte: Buffer; lt: Buffer; highWaterMark?: number }): RocksIterator;
    compactRange(start: Buffer, end: Buffer, callback: Callback): void;
    getProperty(name: string): string;
  }
}
