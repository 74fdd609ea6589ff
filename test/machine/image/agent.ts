/** Installs the agent of this tree into a folder that lies above the distribution, as its package does. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { sh } from '../sh.ts';

const tree = resolve(import.meta.dirname, '../../..');

export async function installAgent(root: string, certificates: string): Promise<void> {
  rmSync(root, { recursive: true, force: true });
  const home = join(root, 'opt/bootstrap-agent');
  mkdirSync(join(home, 'bin'), { recursive: true });
  build(home);
  for (const folder of ['roles', 'scenarios'])
    cpSync(join(tree, folder), join(home, folder), { recursive: true });
  copyFileSync(join(tree, 'package.json'), join(home, 'package.json'));
  copyFileSync(pinnedNode(), join(home, 'bin/node'));
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  put(
    'usr/bin/agent',
    '#!/bin/sh\nexec /opt/bootstrap-agent/bin/node /opt/bootstrap-agent/dist/main.js "$@"\n',
    0o755,
  );
  units(root);
  // The bake's part: the roles, and whom to trust.
  cpSync(join(tree, 'roles'), join(root, 'etc/bootstrap-agent/roles'), { recursive: true });
  copyFileSync(join(certificates, 'ca.crt'), join(root, 'etc/bootstrap-agent/ca.crt'));
  put('etc/bootstrap-agent/environment', 'AWS_CA_BUNDLE=/etc/bootstrap-agent/ca.crt\n');
}

/** dist/ of this tree, built beside it: others may be using the one in the tree. */
function build(home: string): void {
  const folder = mkdtempSync(join(home, 'build-'));
  for (const name of ['src', 'package.json', 'node_modules', 'scripts'])
    symlinkSync(join(tree, name), join(folder, name));
  sh('/bin/sh', '-c', `cd ${folder} && ${process.execPath} ${join(tree, 'scripts/build.ts')}`);
  cpSync(join(folder, 'dist'), join(home, 'dist'), { recursive: true });
  rmSync(folder, { recursive: true });
}

/** The Node that the agent is shipped with; the shim in node_modules/.bin leads to it. */
function pinnedNode(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve(`node-linux-${process.arch}/package.json`)), 'bin/node');
}

function units(root: string): void {
  const folder = join(tree, 'systemd');
  const destinations: readonly [suffix: string, folder: string][] = [
    ['.tmpfiles.conf', 'usr/lib/tmpfiles.d'],
    ['.preset', 'usr/lib/systemd/system-preset'],
    ['.service', 'usr/lib/systemd/system'],
    ['.target', 'usr/lib/systemd/system'],
  ];
  for (const name of readdirSync(folder)) {
    const to = destinations.find(([suffix]) => name.endsWith(suffix));
    if (to === undefined) throw new Error(`systemd/${name}: nobody knows where to install it`);
    mkdirSync(join(root, to[1]), { recursive: true });
    copyFileSync(join(folder, name), join(root, to[1], name.replace('.tmpfiles.conf', '.conf')));
  }
  // What "systemctl preset" does, which a package runs when it is installed.
  const wants = join(root, 'etc/systemd/system/multi-user.target.wants');
  mkdirSync(wants, { recursive: true });
  symlinkSync(
    '/usr/lib/systemd/system/bootstrap-agent.service',
    join(wants, 'bootstrap-agent.service'),
  );
}
