/** The boot, as systemd runs it, started where nothing of this machine is within its reach: in namespaces of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Boots } from './boots.ts';
import type { Starts } from './start.ts';

const run = promisify(execFile);
const tree = resolve(import.meta.dirname, '..');

/**
 * Whole folders are covered, so that none of the agent's need be there or made. Node and the loader's cache are taken along:
 * without the latter each start would look through the folders of libraries. So are the names of users.
 */
const script = `set -e
work=$1 node=$2 tree=$3
touch "$work/node"
mount --bind "$node" "$work/node"
cp -P /etc/ld.so.cache /etc/passwd /etc/group /etc/localtime "$work/"
for folder in /opt /etc /srv /var/lib /var/cache /run /usr/local/sbin; do mount -t tmpfs tmpfs "$folder"; done
cp -P "$work/ld.so.cache" "$work/passwd" "$work/group" "$work/localtime" /etc/
mkdir -p /opt/bootstrap-agent/dist /etc/bootstrap-agent /var/lib/bootstrap-agent /var/cache/bootstrap-agent /run/bootstrap-agent
mount --bind "$tree/dist" /opt/bootstrap-agent/dist
cp -r "$tree/roles" /etc/bootstrap-agent/
shift 3
exec "$work/node" "$@"
`;

/** The start of the boot, up to its first request. Throws as `inNamespace`. */
export function startsOfBoot(rounds: number): Promise<Starts> {
  return inNamespace('start.ts', rounds);
}

/** Whole boots, with AWS in another process. Throws as `inNamespace`. */
export function wholeBoots(rounds: number): Promise<Boots> {
  return inNamespace('boots.ts', rounds);
}

/** Where unprivileged user namespaces are forbidden, it throws with what unshare(1) says: root may make them. */
async function inNamespace<T>(program: string, rounds: number): Promise<T> {
  const work = mkdtempSync(join(tmpdir(), 'bootstrap-agent-bench-'));
  const inside = ['--user', '--map-root-user', '--mount', '/bin/sh', '-c', script, 'sh'];
  const words = [join(import.meta.dirname, program), String(rounds)];
  try {
    const { stdout } = await run('unshare', [...inside, work, process.execPath, tree, ...words]);
    return JSON.parse(stdout) as T;
  } finally {
    rmSync(work, { recursive: true });
  }
}
