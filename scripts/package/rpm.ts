/** The .rpm: the tree and a list of its files, packed by rpmbuild for either architecture. */
import { lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Architecture,
  architectures,
  packageVersion,
  type Release,
  summary,
} from './release.ts';
import { run } from './tool.ts';
import { documents, home, pathsBelow } from './tree.ts';

/** Folders to remove with the package; those of completions belong to nobody where their shell is missing. */
const ownFolders = [
  home,
  'etc/bootstrap-agent',
  documents,
  'usr/share/bash-completion',
  'usr/share/zsh',
];

export async function makeRpm(
  root: string,
  to: string,
  {
    release,
    architecture,
    repository,
  }: { release: Release; architecture: Architecture; repository: string },
): Promise<void> {
  const top = `${root}.rpm`;
  mkdirSync(top, { recursive: true });
  writeFileSync(`${top}/files`, fileList(root));
  const macros = {
    _topdir: top,
    _rpmdir: `${top}/RPMS`,
    _rpmfilename: 'package.rpm',
    VERSION_: packageVersion(release.version),
    SUMMARY_: summary,
    LEVEL_: release.fast ? '0' : '6',
    TREE_: root,
    FILES_: `${top}/files`,
    SCRIPTS_: `${repository}/packaging/scripts`,
  };
  const target = `${architectures[architecture].rpm}-linux`;
  await run(
    'rpmbuild',
    [
      ...['-bb', '--quiet', '--target', target],
      ...Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
      `${repository}/packaging/rpm/bootstrap-agent.spec`,
    ],
    { env: { SOURCE_DATE_EPOCH: String(release.epoch) } },
  );
  const [made] = readdirSync(`${top}/RPMS`);
  renameSync(`${top}/RPMS/${made}`, to);
}

function fileList(root: string): string {
  const own = (path: string) =>
    ownFolders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  const lines = pathsBelow(root).flatMap((path) => {
    const stat = lstatSync(join(root, path));
    if (stat.isSymbolicLink()) return [`/${path}`];
    const mode = `%attr(0${(stat.mode & 0o777).toString(8)}, root, root)`;
    if (stat.isDirectory()) return own(path) ? [`%dir ${mode} "/${path}"`] : [];
    // Kept also where documents are left out.
    const licence = /\/(copyright|[A-Z-]+LICENSES?\.gz)$/.test(path) ? '%license ' : '';
    return [`${licence}${mode} "/${path}"`];
  });
  return `${lines.join('\n')}\n`;
}
