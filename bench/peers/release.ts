/** What there is to do in the peers' bench: a release of 64 MB, and the scenario of the simulated cloud that has it. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { digestOfFiles, kept } from '../../test/machine/image/kept.ts';

export interface Release {
  /** Folder with release.tar.zst and release.tar.gz. */
  readonly folder: string;
  /** sha256 of each. */
  readonly zst: string;
  readonly gz: string;
}

/** 4,800 files: text as code and markup are, and a fifth that hardly gets smaller, as pictures and libraries. Kept. */
export async function releaseOf64Mb(): Promise<Release> {
  const folder = await kept(digestOfFiles(import.meta.filename), 'a release of 64 MB', make);
  const sum = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return { folder, zst: sum('release.tar.zst'), gz: sum('release.tar.gz') };
}

function make(folder: string): void {
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const words = Array.from({ length: 4096 }, () => `w${random(1 << 23).toString(36)}`);
  const tree = join(folder, 'tree');
  for (let n = 0; n < 4800; n += 1) {
    const into = join(tree, `module-${n % 80}`, `part-${n % 9}`);
    mkdirSync(into, { recursive: true });
    const dense = n % 32 === 0;
    const size = dense ? 205_000 : 2_000 + random(46_500);
    const text = () =>
      Array.from({ length: size / 5 }, () => words[random(words.length)]).join(' ');
    writeFileSync(join(into, `file-${n}`), dense ? randomBytes(size) : text().slice(0, size));
  }
  const tar = execFileSync('tar', ['-cf', '-', '-C', tree, '.'], { maxBuffer: 1 << 28 });
  rmSync(tree, { recursive: true });
  writeFileSync(join(folder, 'release.tar.gz'), gzipSync(tar));
  writeFileSync(join(folder, 'release.tar.zst'), zstdCompressSync(tar));
}

/** Writes the scenario of one contestant; gives its folder. Version 1 of the metadata service too, which cloud-init falls back to. */
export function scenarioOf(folder: string, release: Release, userData: string | undefined): string {
  mkdirSync(folder, { recursive: true });
  const archives = ['release.tar.zst', 'release.tar.gz'];
  for (const name of archives) {
    rmSync(join(folder, name), { force: true });
    symlinkSync(join(release.folder, name), join(folder, name));
  }
  const objects = archives.map((name) => `      shop/${name}: { file: ${name} }\n`);
  writeFileSync(
    join(folder, 'scenario.yaml'),
    `extends: tomcat
description: The work of the peers' bench.
instance:
  tags: { Class: bench, Name: shop-bench }
  metadata_tokens: optional
aws:
  buckets:
    acme-releases-eu-west-1:
${objects.join('')}  secrets:
    prod/shop/key: simulated-key-ABCDEFGH
`,
  );
  if (userData !== undefined) writeFileSync(join(folder, 'user-data'), userData);
  return folder;
}
