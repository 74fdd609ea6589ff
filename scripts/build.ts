/** Builds dist/: the command line, the boot and the watch, each loading its parts when it first needs them. */
import { chmodSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { rolldown } from 'rolldown';

rmSync('dist', { recursive: true, force: true });
const bundle = await rolldown({
  input: {
    main: 'src/main.ts',
    boot: 'src/boot.ts',
    watch: 'src/watch.ts',
    compile: 'src/compile.ts',
    'tree-thread': 'src/host/tree-thread.ts',
  },
  platform: 'node',
  // The AWS SDK ships ES modules beside CommonJS; only the former can be tree-shaken.
  resolve: { mainFields: ['module', 'main'] },
  // What is in one part with its caller is still loaded late in src/, where tests and the watch need no more than they use.
  checks: { ineffectiveDynamicImport: false },
});
/** One file with all that these modules cannot do without; of two parts that want a module the first one has it. */
const part = (name: string, test: RegExp, priority: number) => ({ name, test, priority });
const { output } = await bundle.write({
  dir: 'dist',
  // The older format: ES modules cost a process several megabytes and a few milliseconds each.
  format: 'cjs',
  dynamicImportInCjs: false,
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  comments: false,
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  codeSplitting: {
    groups: [
      // A thread is to load this much and no more.
      part('tree', /\/src\/host\/(tree-orders|tree-hands|write-whole)\.ts$/, 5),
      part('metadata', /\/src\/commands\/springs\.ts$/, 4),
      part('at-rest', /\/src\/(commands\/watch-this-instance|program)\.ts$/, 3),
      part('booting', /\/src\/commands\/(boot-this-instance|river|begin-run|make-it-so)\.ts$/, 2),
      part('aws', /\/src\/aws\/object-store\.ts$/, 1),
    ],
  },
});
await bundle.close();

const chunks = output.filter((file) => file.type === 'chunk');
for (const { fileName, code } of chunks)
  if (fileName === 'main.cjs') writeFileSync('dist/main.cjs', `#!/usr/bin/env node\n${code}`);
chmodSync('dist/main.cjs', 0o755);
// What went into it: `npm run package` gathers licences and the SBOM from this.
const modules = chunks
  .flatMap((chunk) => Object.entries(chunk.modules))
  .filter(([, { renderedLength }]) => renderedLength > 0)
  .map(([path]) => relative(realpathSync('.'), path));
writeFileSync('dist/modules.json', JSON.stringify([...new Set(modules)].sort()));
const bytes = chunks.reduce((sum, { code }) => sum + code.length, 0);
console.log(`dist/: ${chunks.length} files, ${Math.round(bytes / 1024)} KiB`);
