/** The boot, as systemd runs it, started where nothing of this machine is within its reach: in namespaces of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Starts } from './start.ts';

const run = promisify(execFile);
const tree = resolve(import.meta.dirname, '..');

/**
 * Whole folders are covered, so that none of the agent's need be there or made. Node and the loader's cache are taken along:
 * without the latter each start would look through the folders of libraries.
 */
const script = `set -e
work=$1 node=$2 tree=$3
touch "$work/node" "$work/ld.so.cache"
mount --bind "$node" "$work/node"
cp /etc/ld.so.cache "$work/ld.so.cache"
for folder in /opt /etc /var/lib /var/cache /run; do mount -t tmpfs tmpfs "$folder"; done
cp "$work/ld.so.cache" /etc/
mkdir -p /opt/bootstrap-agent/dist /etc/bootstrap-agent /var/lib/bootstrap-agent /var/cache/bootstrap-agent /run/bootstrap-agent
mount --bind "$tree/dist" /opt/bootstrap-agent/dist
cp -r "$tree/roles" /etc/bootstrap-agent/
shift 3
exec "$work/node" "$@"
`;

/** Where unprivileged user namespaces are forbidden, it throws with what unshare(1) says: root may make them. */
export async function startsOfBoot(rounds: number): Promise<Starts> {
  const work = mkdtempSync(join(tmpdir(), 'bootstrap-agent-bench-'));
  const inside = ['--user', '--map-root-user', '--mount', '/bin/sh', '-c', script, 'sh'];
  const program = [join(import.meta.dirname, 'start.ts'), String(rounds)];
  try {
    const { stdout } = await run('unshare', [...inside, work, process.execPath, tree, ...program]);
    return JSON.parse(stdout) as Starts;
  } finally {
    rmSync(work, { recursive: true });
  }
}
