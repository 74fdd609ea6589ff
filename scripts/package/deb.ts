/** The .deb: the tree, its control file and scripts, packed by dpkg-deb. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type Architecture,
  architectures,
  packageVersion,
  type Release,
  summary,
} from './release.ts';
import { run } from './tool.ts';
import { pathsBelow, settle, twin } from './tree.ts';

const scripts = {
  postinst: 'after-install.sh',
  prerm: 'before-remove.sh',
  postrm: 'after-remove.sh',
};

export async function makeDeb(
  root: string,
  to: string,
  {
    release,
    architecture,
    repository,
  }: { release: Release; architecture: Architecture; repository: string },
): Promise<void> {
  const tree = `${root}.deb`;
  await twin(root, tree);
  // Debian's zsh looks elsewhere than all others.
  renameSync(`${tree}/usr/share/zsh/site-functions`, `${tree}/usr/share/zsh/vendor-completions`);
  const paths = pathsBelow(tree);
  mkdirSync(`${tree}/DEBIAN`);
  writeFileSync(`${tree}/DEBIAN/control`, control(tree, paths, release, architecture));
  writeFileSync(`${tree}/DEBIAN/md5sums`, md5sums(tree, paths));
  for (const [name, file] of Object.entries(scripts)) {
    copyFileSync(`${repository}/packaging/scripts/${file}`, `${tree}/DEBIAN/${name}`);
    chmodSync(`${tree}/DEBIAN/${name}`, 0o755);
  }
  settle(tree, release.epoch);
  // xz: every dpkg of the last ten years reads it, and it is the smallest. Its bytes do not depend on the threads used.
  const compression = release.fast ? ['-Znone'] : ['-Zxz', '-z6'];
  await run('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree, to], {
    env: { SOURCE_DATE_EPOCH: String(release.epoch) },
  });
}

function control(
  root: string,
  paths: readonly string[],
  { version }: Release,
  architecture: Architecture,
): string {
  const kib = paths.reduce((sum, path) => sum + installedKib(join(root, path)), 0);
  // The libraries of the Node binary, present on every Debian and Ubuntu image: apt itself needs them.
  return `Package: bootstrap-agent
Version: ${packageVersion(version)}
Architecture: ${architectures[architecture].deb}
Maintainer: The authors of bootstrap-agent <authors@bootstrap-agent.invalid>
Installed-Size: ${kib}
Depends: libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 5.2)
Suggests: systemd
Section: admin
Priority: optional
Description: ${summary}
 Reads who this EC2 instance is, works out from a role what it must become,
 makes it so, proves it healthy, and completes the launch hook of its Auto
 Scaling group. Brings its own Node runtime.
`;
}

/** As Debian counts: whole KiB of files, one for anything else. */
function installedKib(path: string): number {
  const stat = lstatSync(path);
  return stat.isFile() ? Math.ceil(stat.size / 1024) : 1;
}

function md5sums(root: string, paths: readonly string[]): string {
  const files = paths.filter((path) => lstatSync(join(root, path)).isFile());
  const digest = (path: string) =>
    createHash('md5')
      .update(readFileSync(join(root, path)))
      .digest('hex');
  return files.map((path) => `${digest(path)}  ${path}\n`).join('');
}
