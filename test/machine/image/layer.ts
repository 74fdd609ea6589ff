/** A layer of further Debian packages above an image: what one test needs and no other. Kept by content, like the distribution. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { digestOf, kept } from './kept.ts';

const run = promisify(execFile);

/**
 * Gives the folder with what installing `packages` adds to `above`, an overlay's lower directories, topmost first; put it
 * before them to boot a machine that has both. `above` must be folders kept by content (named by a digest, or inside a
 * folder that is): what lies above a folder that changes would be wrong the next time. Services of the packages start at
 * boot as Debian means them to, never during the installation.
 */
export async function layer(
  packages: readonly string[],
  above: readonly string[],
): Promise<string> {
  const recipe = readFileSync(import.meta.filename);
  const content = JSON.stringify([above.map(digestIn), [...packages].sort()]);
  const folder = await kept(
    digestOf(recipe, content),
    `a layer of ${packages.join(' ')}`,
    (building) => build(building, packages, above),
  );
  return join(folder, 'layer');
}

async function build(
  building: string,
  packages: readonly string[],
  above: readonly string[],
): Promise<void> {
  for (const name of ['layer', 'work', 'root']) mkdirSync(join(building, name));
  // Mounts of a namespace of their own: they are gone with the shell, however it ends.
  const words = ['--mount', '/bin/sh', '-euc', install, 'sh', building, above.join(':')];
  await run('unshare', [...words, ...packages], { maxBuffer: 64 * 1024 * 1024 });
  for (const name of ['work', 'root']) rmSync(join(building, name), { recursive: true });
}

const install = `
folder=$1 lower=$2
shift 2
root=$folder/root
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/layer,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t devpts devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/var/lib/apt/lists"
mount -t tmpfs tmpfs "$root/var/cache/apt"
mount -t tmpfs tmpfs "$root/tmp"
# Bound over the image's own, which the machines keep. A link is followed where it leads inside the image.
resolv=$(chroot "$root" readlink -m /etc/resolv.conf)
mkdir -p "$root$(dirname "$resolv")"
[ -e "$root$resolv" ] || : >"$root$resolv"
mount --bind /etc/resolv.conf "$root$resolv"
# The answer by which packages do not start their services (deb-policy, invoke-rc.d).
printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}
inside apt-get -q update
inside apt-get -q install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io "$@"
rm "$root/usr/sbin/policy-rc.d"
`;

/** The sixteen digits that name a folder kept by content. */
function digestIn(folder: string): string {
  const digest = folder.split('/').findLast((name) => /^[0-9a-f]{16}$/.test(name));
  if (digest === undefined)
    throw new Error(
      `a layer above ${folder} cannot be kept: its name has no digest of its content`,
    );
  return `${digest}/${basename(folder)}`;
}
