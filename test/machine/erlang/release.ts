/** A real OTP release with its own runtime, as rebar3 makes it: built without a network in a throw-away root, kept by content. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workFolder } from '../image/kept.ts';
import { layer } from '../image/layer.ts';

const run = promisify(execFile);
const application = join(import.meta.dirname, 'shop');

/** Gives the archive of the application in `shop/`. `distribution`: the image that the release is built on and will run on. */
export async function otpRelease(distribution: string): Promise<string> {
  const rebar3 = await layer(['rebar3'], [distribution]);
  const hash = createHash('sha256')
    .update(rebar3)
    .update(readFileSync(import.meta.filename));
  for (const name of readdirSync(application, { recursive: true, encoding: 'utf8' }).sort())
    if (name.includes('.')) hash.update(name).update(readFileSync(join(application, name)));
  const folder = join(workFolder, hash.digest('hex').slice(0, 16));
  const archive = join(folder, 'shop.tar.gz');
  if (existsSync(archive)) return archive;
  const building = `${folder}.building-${process.pid}`;
  rmSync(building, { recursive: true, force: true });
  for (const name of ['upper', 'work', 'root'])
    mkdirSync(join(building, name), { recursive: true });
  console.log(`building the OTP release ${folder}, once`);
  cpSync(application, join(building, 'upper/build'), { recursive: true });
  // Neither mounts nor a way out: the namespaces are gone with the shell, and have no network.
  const words = ['--mount', '--net', '/bin/sh', '-euc', build, 'sh', building];
  await run('unshare', [...words, `${rebar3}:${distribution}`], { maxBuffer: 16 * 1024 * 1024 });
  const built = join(building, 'upper/build/_build/prod/rel/shop/shop-1.4.2.tar.gz');
  mkdirSync(folder, { recursive: true });
  renameSync(built, archive);
  rmSync(building, { recursive: true });
  return archive;
}

const build = `
folder=$1 root=$1/root
mount -t overlay overlay -o "lowerdir=$2,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
cd /
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/build REBAR_OFFLINE=1 \\
  chroot "$root" /bin/sh -euc 'cd /build && rebar3 as prod tar'
`;
