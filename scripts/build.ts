/** Builds dist/: one ES module for the start, the rest in chunks that load when first needed; and the watch, one file. */
import { chmodSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
const common = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  // The AWS SDK ships ES modules beside CommonJS; only the former can be tree-shaken.
  mainFields: ['module', 'main'],
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
} as const satisfies BuildOptions;

/** What the watch loads once a notice has come: in the chunks that it shares with all else. */
const later = new Set<string>();
const loadedLater: Plugin = {
  name: 'loaded later',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      // The tree may be built through a link to it, and esbuild gives the places that links lead to.
      const source = relative(realpathSync('src'), resolve(realpathSync(resolveDir), path));
      later.add(`src/${source}`);
      return { path: `./${source.replace(/\.ts$/, '.js')}`, external: true };
    });
  },
};

// One file in the older format: loading a dozen chunks as ES modules costs a process at rest several megabytes.
const watch = await build({
  ...common,
  entryPoints: ['src/watch.ts'],
  outfile: 'dist/watch.cjs',
  format: 'cjs',
  plugins: [loadedLater],
});
const result = await build({
  ...common,
  entryPoints: ['src/main.ts', ...later],
  outdir: 'dist',
  outbase: 'src',
  splitting: true,
  format: 'esm',
  // Bundled CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nconst require=process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  },
});
chmodSync('dist/main.js', 0o755);
// What went into it: `npm run package` gathers licences and the SBOM from this.
const metafile = {
  inputs: { ...watch.metafile.inputs, ...result.metafile.inputs },
  outputs: { ...watch.metafile.outputs, ...result.metafile.outputs },
};
writeFileSync('dist/metafile.json', JSON.stringify(metafile));
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(
  `dist/: ${Object.keys(metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB`,
);
