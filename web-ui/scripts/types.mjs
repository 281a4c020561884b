// Writes the API's types from the OpenAPI document that is checked in; with --check only says whether they are these.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const DOCUMENT = resolve(import.meta.dirname, '../../docs/openapi.json');
const TYPES = resolve(import.meta.dirname, '../src/api/schema.d.ts');

const made = `// Written by \`npm run types\` from docs/openapi.json.\n\n${astToString(await openapiTS(pathToFileURL(DOCUMENT), { defaultNonNullable: false }))}`;
if (!process.argv.includes('--check')) {
  writeFileSync(TYPES, made);
} else if (readFileSync(TYPES, 'utf8') !== made) {
  console.error('src/api/schema.d.ts does not say what docs/openapi.json says: run `npm run types`');
  process.exit(1);
}
