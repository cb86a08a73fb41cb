// @ts-check
/**
 * Builds the browser side into the application's static files: `node build.mjs [--watch]`.
 * The output is not committed; Django's manifest storage gives the files their hashed names. Files are written over
 * and stale ones removed last, so that a server that is running never misses one.
 */

import { context } from 'esbuild';
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseOncePlugin } from './parse_once.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'src', 'erpmarket', 'static', 'dist');
const require = createRequire(import.meta.url);

/** Fonts that programs other than the browser need: the PDF (WeasyPrint) and the virtual printer (Pillow). */
const PAPER_FONTS = ['DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf', 'DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

/** @returns {Promise<string[]>} the files that were written */
async function copyFiles() {
  const source = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  await mkdir(join(out, 'fonts'), { recursive: true });
  const fonts = PAPER_FONTS.map((name) => [join(source, name), join(out, 'fonts', name)]);
  const copies = [...fonts, [join(here, 'icon.svg'), join(out, 'icon.svg')]];
  await Promise.all(copies.map(([from, to]) => cp(from, to)));
  return copies.map(([, to]) => to);
}

/** @param {string[]} fresh */
async function removeStale(fresh) {
  const kept = new Set(fresh.map((file) => relative(out, file)));
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    const name = relative(out, join(entry.parentPath, entry.name));
    if (entry.isFile() && !kept.has(name)) await rm(join(out, name));
  }
}

const watching = process.argv.includes('--watch');
const TARGETS = ['chrome123', 'firefox121', 'safari17.5'];
const common = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  target: TARGETS,
  minify: !watching,
  metafile: true,
};
const pages = await context({
  ...common,
  entryPoints: [
    { in: 'till/till.js', out: 'till' },
    { in: 'till/paper/dialog.js', out: 'paper' },
    { in: 'till/display/visor.js', out: 'visor' },
    { in: 'css/visor.css', out: 'visor' },
    { in: 'till/entry.js', out: 'entry' },
    { in: 'css/till.css', out: 'till' },
    { in: 'office/office.js', out: 'office' },
    { in: 'office/counting.js', out: 'counting' },
    { in: 'office/zxing_reader.js', out: 'reader' },
    { in: 'css/app.css', out: 'app' },
  ],
  assetNames: 'fonts/[name]',
  format: 'esm',
  legalComments: 'eof',
  loader: { '.woff2': 'file' },
  logLevel: 'info',
  plugins: [parseOncePlugin],
});
// A classic script: not every browser starts a module as a service worker.
const worker = await context({ ...common, entryPoints: [{ in: 'sw/worker.js', out: 'worker' }], format: 'iife' });
const builds = [pages, worker];
const copied = await copyFiles();
if (watching) {
  await Promise.all(builds.map((build) => build.watch()));
} else {
  const results = await Promise.all(builds.map((build) => build.rebuild()));
  const written = results.flatMap(({ metafile }) => Object.keys(metafile?.outputs ?? {}));
  await removeStale([...copied, ...written.map((file) => join(here, file))]);
  await Promise.all(builds.map((build) => build.dispose()));
}
