// After a build: packs the files as they will be served, says what they weigh, and writes down what they were made of.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const HERE = resolve(import.meta.dirname, '..');
const UI = join(HERE, 'dist/ui');
// crate/build.rs has the same list, and the same way to hash it.
const SOURCES = [
  'index.html',
  'package.json',
  'package-lock.json',
  'postcss.config.mjs',
  'public',
  'scripts',
  'src',
  'tsconfig.json',
  'vite.config.ts',
];
const ENTRY_GZIP_MAX = 180 * 1024;
const ALL_MAX = 3 * 1024 * 1024;

function walk(path) {
  return statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => walk(join(path, name))) : [path];
}

function stamp() {
  const names = SOURCES.flatMap((source) => walk(join(HERE, source))).map((file) => relative(HERE, file));
  const hash = createHash('sha256');
  for (const name of names.sort()) {
    const bytes = readFileSync(join(HERE, name));
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function pack(file) {
  const bytes = readFileSync(file);
  const packed = {
    br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    gz: gzipSync(bytes, { level: 9 }),
  };
  for (const [ending, form] of Object.entries(packed)) {
    if (form.length < bytes.length) writeFileSync(`${file}.${ending}`, form);
  }
  return { plain: bytes.length, gzip: packed.gz.length, brotli: packed.br.length };
}

const kb = (bytes) => `${(bytes / 1024).toFixed(1).padStart(7)} kB`;

for (const file of walk(UI)) if (/\.(br|gz)$/.test(file)) unlinkSync(file);
const html = readFileSync(join(UI, 'index.html'), 'utf8');
// What the page asks for before it can show anything.
const entry = new Set([...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]));
const sizes = walk(UI).map((file) => ({ name: relative(UI, file), ...(file.endsWith('.html') ? {} : pack(file)) }));
const first = sizes.filter(({ name }) => entry.has(name));
for (const { name, plain, gzip, brotli } of sizes.filter(({ plain }) => plain > 20_000 || false)) {
  console.log(`${entry.has(name) ? '*' : ' '} ${name.padEnd(44)} ${kb(plain)}  gzip ${kb(gzip)}  br ${kb(brotli)}`);
}
const entryGzip = first.filter(({ name }) => name.endsWith('.js')).reduce((sum, { gzip }) => sum + gzip, 0);
const all = walk(UI).reduce((sum, file) => sum + statSync(file).size, 0);
console.log(`first load, scripts: ${kb(entryGzip)} gzip of ${kb(ENTRY_GZIP_MAX)}`);
console.log(`all that is embedded:${kb(all)} of ${kb(ALL_MAX)}`);
if (entryGzip > ENTRY_GZIP_MAX || all > ALL_MAX) {
  console.error('the console is heavier than its budget');
  process.exit(1);
}
writeFileSync(join(HERE, 'dist/stamp'), `${stamp()}\n`);
