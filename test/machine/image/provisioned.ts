/** The image: a plain Debian 12, made the image of a node by packer/provision.sh, as Packer runs it on a building instance. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sh } from '../sh.ts';
import { debian, nameServer } from './debian.ts';
import { digestOf, digestOfFiles, kept } from './kept.ts';

const tree = resolve(import.meta.dirname, '../../..');
/** The classes that the templates bake where nothing else is said. */
const classes = 'tomcat php erlang';
/**
 * What decides how a baked image comes out. Not all of the agent's sources: where others change, the image stays, and the
 * new agent is put above it.
 */
const recipe = [
  ...['packer/provision.sh', 'roles', 'packaging', 'systemd', 'src/image'],
  ...['bake', 'record-start', 'sampled-class', 'seal-image'].map(
    (name) => `src/commands/${name}.ts`,
  ),
  ...['mask.ts', 'package', 'sysctl', 'kernel-module'].map((name) => `src/resources/${name}`),
];

/**
 * Gives its root directory, and the digest of the package that is installed in it. `exact`: it is made with this very package,
 * so that what a bake leaves behind for the agent's start is there.
 */
export async function provisionedImage(
  agentPackage: { path: string; digest: string },
  exact: boolean,
): Promise<{ root: string; agent: string }> {
  const base = await debian();
  const digest = digestOf(
    base,
    digestOfFiles(import.meta.filename, ...recipe.map((name) => join(tree, name))),
    ...(exact ? [agentPackage.digest] : []),
  );
  const folder = await kept(digest, `the image of ${classes}`, (building) => {
    const root = join(building, 'debian');
    sh('cp', '--archive', '--reflink=auto', base, root);
    provision(root, agentPackage.path);
    writeFileSync(join(building, 'agent'), agentPackage.digest);
  });
  return { root: join(folder, 'debian'), agent: readFileSync(join(folder, 'agent'), 'utf8') };
}

const script = 'tmp/script.sh';

/** Uploads and runs, where Packer has SSH. Throws with all that the script said. */
function provision(root: string, path: string): void {
  const uploads = join(root, 'tmp/bootstrap-agent');
  mkdirSync(uploads, { mode: 0o700 });
  sh('cp', path, uploads);
  cpSync(join(tree, 'roles'), join(uploads, 'roles'), { recursive: true });
  cpSync(join(tree, 'packer/provision.sh'), join(root, script));
  writeFileSync(join(root, 'etc/resolv.conf'), readFileSync('/etc/resolv.conf'));
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', '--pid', '--uts', '--fork', '--kill-child', '/bin/sh', '-euc', inRoot, 'sh', root],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0)
    throw new Error(`packer/provision.sh: exit status ${status}\n${stdout}${stderr}`);
  writeFileSync(join(root, 'etc/resolv.conf'), nameServer);
  // As Packer does. All else that is temporary is the seal's.
  rmSync(join(root, script), { force: true });
  const left = readdirSync(join(root, 'tmp'));
  if (left.length > 0) throw new Error(`the seal left ${left.join(', ')} in /tmp\n${stdout}`);
}

/**
 * Without metadata, and with endpoints that lead nowhere: what is not on EC2 must not look for it at the link-local
 * address of whatever network it is in. Nothing is synced while packages are unpacked, since nobody cuts the power here.
 */
const inRoot = `
root=$1
# A mount of its own, as the root of a machine is.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t devpts devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/run"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  CLASSES='${classes}' UPGRADE=true BAKE_OPTIONS=--no-metadata \
  AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:9 AWS_ENDPOINT_URL=http://127.0.0.1:9 \
  chroot "$root" /bin/sh /${script} /tmp/bootstrap-agent
rm "$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
`;
