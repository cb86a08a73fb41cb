// @ts-check
/**
 * Builds the browser side into the application's static files: `node build.mjs [--watch]`.
 * The output is not committed; Django's manifest storage gives the files their hashed names.
 */

import { context } from 'esbuild';
import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'src', 'erpmarket', 'static', 'dist');
const require = createRequire(import.meta.url);

/** Fonts that programs other than the browser need: the PDF (WeasyPrint) and the virtual printer (Pillow). */
const PAPER_FONTS = ['DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf', 'DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

async function copyFiles() {
  const source = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  await mkdir(join(out, 'fonts'), { recursive: true });
  await Promise.all(PAPER_FONTS.map((name) => cp(join(source, name), join(out, 'fonts', name))));
  await cp(join(here, 'icon.svg'), join(out, 'icon.svg'));
}

await rm(out, { recursive: true, force: true });
const watching = process.argv.includes('--watch');
const build = await context({
  absWorkingDir: here,
  entryPoints: [
    { in: 'till/till.js', out: 'till' },
    { in: 'css/till.css', out: 'till' },
    { in: 'office/office.js', out: 'office' },
    { in: 'css/app.css', out: 'app' },
  ],
  assetNames: 'fonts/[name]',
  outdir: out,
  bundle: true,
  format: 'esm',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  minify: !watching,
  legalComments: 'eof',
  loader: { '.woff2': 'file' },
  logLevel: 'info',
});
await copyFiles();
if (watching) {
  await build.watch();
} else {
  await build.rebuild();
  await build.dispose();
}
