/** `npm run package`: what a user installs, for both architectures, in out/; the same sources give the same bytes. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundledPackages, licenceDocument } from './package/bundled.ts';
import { commandHelps } from './package/command-help.ts';
import { bashCompletion, zshCompletion } from './package/completion.ts';
import { makeDeb } from './package/deb.ts';
import { manPage } from './package/man-page.ts';
import { nodeRuntime } from './package/node-runtime.ts';
import {
  type Architecture,
  architectures,
  artifactName,
  type Format,
  formats,
  releaseOf,
} from './package/release.ts';
import { makeRpm } from './package/rpm.ts';
import { sbomOf, sbomOfLock } from './package/sbom.ts';
import { makeTarball } from './package/tarball.ts';
import { documents, home, layOut, pathsBelow } from './package/tree.ts';

const repository = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true, default: Object.keys(architectures) },
    format: { type: 'string', multiple: true, default: [...formats] },
    fast: { type: 'boolean', default: false },
    out: { type: 'string', default: join(repository, 'out') },
  },
});
const wanted = {
  architectures: oneOf('--arch', values.arch, Object.keys(architectures)) as Architecture[],
  formats: oneOf('--format', values.format, formats) as Format[],
};

const out = resolve(values.out);
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(out, '.work-'));
try {
  await makeAll();
} catch (error) {
  for (let cause = error; cause instanceof Error; cause = cause.cause) console.error(cause.message);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function makeAll(): Promise<void> {
  if (!existsSync(join(repository, 'dist/modules.json'))) {
    throw new Error(
      'There is no bundle in dist/ yet: run `npm run build`, or `npm run package`, which does.',
    );
  }
  const release = await releaseOf(repository, values.fast);
  const packages = bundledPackages(repository, JSON.parse(read('dist/modules.json')));
  const helps = await commandHelps(process.execPath, `${repository}/dist/main.cjs`);
  const sbom = await sbomOfLock(repository);
  for (const architecture of wanted.architectures) {
    const node = await nodeRuntime(architecture, {
      tree: repository,
      cache: join(repository, 'out/.cache'),
      into: `${work}/node-${architecture}`,
    });
    const root = `${work}/${architecture}`;
    const texts = new Map([
      [`${home}/package.json`, moduleMark(release.version)],
      ['usr/share/man/man8/agent.8.gz', manPage(helps, release)],
      ['usr/share/bash-completion/completions/agent', bashCompletion(helps)],
      ['usr/share/zsh/site-functions/_agent', zshCompletion(helps)],
      [`${documents}/copyright`, `${read('packaging/copyright')}\n${read('LICENSE')}`],
      [`${documents}/THIRD-PARTY-LICENSES.gz`, licenceDocument(packages, read('LICENSE'))],
      [`${documents}/NODE-LICENSE.gz`, readFileSync(node.licence, 'utf8')],
      [`${documents}/sbom.cdx.json`, sbomOf(sbom, packages, architecture, release)],
    ]);
    await layOut(root, { repository, node, epoch: release.epoch, texts });
    console.log(`\n${architecture}: ${mebibytes(root)} MiB installed`);
    for (const format of wanted.formats) {
      const to = join(out, artifactName(release, format, architecture));
      const parts = { release, architecture, repository };
      if (format === 'deb') await makeDeb(root, to, parts);
      else if (format === 'rpm') await makeRpm(root, to, parts);
      else await makeTarball(root, to, release);
      console.log(`  ${(statSync(to).size / 2 ** 20).toFixed(1).padStart(6)} MiB  ${to}`);
    }
  }
}

/** Says that dist/ holds modules, so that Node need not guess by trying. */
function moduleMark(version: string): string {
  return `${JSON.stringify({ name: 'bootstrap-agent', version, type: 'module' })}\n`;
}

function read(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

function mebibytes(root: string): string {
  const bytes = pathsBelow(root)
    .map((path) => statSync(join(root, path), { throwIfNoEntry: false }))
    .reduce((sum, stat) => sum + (stat?.isFile() ? stat.size : 0), 0);
  return (bytes / 2 ** 20).toFixed(1);
}

function oneOf(flag: string, given: readonly string[], known: readonly string[]): string[] {
  const words = given.flatMap((word) => word.split(','));
  const unknown = words.filter((word) => !known.includes(word));
  if (unknown.length === 0) return words;
  console.error(`${flag} ${unknown.join(', ')}: there is ${known.join(', ')}.`);
  process.exit(64);
}
