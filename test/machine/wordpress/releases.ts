/** Two releases of a WordPress site, from Debian's package and the files beside this one, in the bucket of a scenario. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sh } from '../sh.ts';

const here = import.meta.dirname;

/** The folder of a scenario whose bucket has `one` and `two`; `one` is the current one. `layers`: a disk with the package. */
export function siteWithReleases(folder: string, layers: readonly string[]): string {
  const scenario = join(folder, 'site');
  for (const release of ['one', 'two']) {
    const root = join(scenario, release);
    mkdirSync(join(root, 'public'), { recursive: true });
    // Debian shares libraries between packages by links that lead out of the application: a release holds them itself.
    const copy =
      'mount -t overlay overlay -o ro,lowerdir="$1" "$2" && cd "$2/usr/share/wordpress" && chroot "$2" tar -C /usr/share/wordpress -ch --exclude=.htaccess . | tar -x -C "$3"';
    const mountpoint = join(scenario, 'disk');
    mkdirSync(mountpoint, { recursive: true });
    const words = ['--mount', '/bin/sh', '-euc', copy, 'sh', layers.join(':'), mountpoint];
    sh('unshare', ...words, join(root, 'public'));
    cpSync(join(here, 'public'), join(root, 'public'), { recursive: true });
    writeFileSync(join(root, 'public/release.php'), `<?php return '${release}';\n`);
  }
  const archive = (release: string) => `
      shop/${release}/shop.tar.zst: { tar_zst: ${release} }
      shop/${release}/release.json: { manifest_of_release: ${release} }`;
  writeFileSync(
    join(scenario, 'scenario.yaml'),
    `extends: ${resolve(here, '../scenarios/wordpress')}
description: A PHP node that runs WordPress.
aws:
  buckets:
    acme-releases-eu-west-1:
      shop/current: { text: "one\\n" }${archive('one')}${archive('two')}
`,
  );
  return scenario;
}
