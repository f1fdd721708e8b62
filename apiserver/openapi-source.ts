import { type Descriptions, openApiSchemas, schemaName } from '../api/schema/openapi.ts';
import type { Disk } from '../platform/disk.ts';
import type { SchemaSource } from './discovery/openapi.ts';

/** The texts of `kubectl explain`, or undefined where none were built. */
export type ReadDescriptions = () => Promise<Descriptions | undefined>;

/** Where the build puts them, seen from the compiled sources and from the sources themselves. */
const places = ['../api/schema/descriptions.json', '../dist/api/schema/descriptions.json'];

/** Reads what scripts/build-descriptions.mjs made. A damaged file counts as none. */
export function readDescriptions(disk: Disk): ReadDescriptions {
  return async () => {
    for (const place of places) {
      const { pathname } = new URL(place, import.meta.url);
      const bytes = await disk.read(decodeURIComponent(pathname)).catch(() => undefined);
      if (bytes === undefined) continue;
      try {
        return JSON.parse(Buffer.from(bytes).toString('utf8')) as Descriptions;
      } catch {
        return undefined;
      }
    }
    return undefined;
  };
}

/** Schemas from the tables, with texts that are read when the first document is asked for. */
export function openApiSource(read: ReadDescriptions): SchemaSource {
  let descriptions: Descriptions | undefined;
  let reading: Promise<void> | undefined;
  return {
    nameOf: schemaName,
    prepare() {
      reading ??= read().then((found) => {
        descriptions = found;
      });
      return reading;
    },
    schemas: (kinds) => openApiSchemas(kinds, descriptions),
  };
}
