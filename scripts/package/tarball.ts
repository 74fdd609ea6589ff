/** The tarball: the same files in one folder that runs from wherever it is unpacked. */
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Release } from './release.ts';
import { run } from './tool.ts';
import { home, settle } from './tree.ts';

export async function makeTarball(root: string, to: string, release: Release): Promise<void> {
  const name = basename(to, '.tar.gz');
  const parent = `${root}.tar`;
  const top = `${parent}/${name}`;
  mkdirSync(parent, { recursive: true });
  const link = (from: string, into: string) => run('cp', ['--archive', '--link', from, into]);
  await link(`${root}/${home}`, top);
  await link(`${root}/usr/lib`, `${top}/lib`);
  await link(`${root}/usr/share`, `${top}/share`);
  settle(parent, release.epoch);
  const archive = to.replace(/\.gz$/, '');
  await run('tar', [
    ...['--create', '--file', archive, '--directory', parent, '--format=gnu', '--sort=name'],
    ...['--owner=0', '--group=0', '--numeric-owner', `--mtime=@${release.epoch}`, name],
  ]);
  // -9 takes three times as long for half a percent.
  await run('gzip', [release.fast ? '-1nf' : '-6nf', archive]);
}
