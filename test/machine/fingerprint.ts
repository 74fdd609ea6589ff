/** What a machine has become: every file that was changed since its image, by path, owner, mode and content. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

const places = ['etc', 'srv', 'opt', 'usr', 'var/cache/bootstrap-agent'];
/** Each machine's own: its identity, what systemd, not the agent, writes at every boot, and what V8 compiled. */
const itsOwn =
  /^var\/cache\/bootstrap-agent\/compiled(\/|$)|^etc\/(machine-id|\.updated|\.pwd\.lock|ssh\/ssh_host_\w+_key(\.pub)?)$/;

/** One line a file; equal for machines that are the same. */
export function fingerprint(upper: string): string[] {
  return places
    .flatMap((place) => below(upper, place))
    .filter((line) => !itsOwn.test(line.split(' ')[0] ?? ''));
}

function below(upper: string, path: string): string[] {
  const stat = lstatSync(join(upper, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const described = `${path} ${stat.uid}:${stat.gid} ${stat.mode.toString(8)}`;
  if (stat.isSymbolicLink()) return [`${described} -> ${readlinkSync(join(upper, path))}`];
  if (stat.isFile()) {
    const digest = createHash('sha256').update(readFileSync(join(upper, path)));
    return [`${described} ${digest.digest('hex').slice(0, 16)}`];
  }
  if (!stat.isDirectory()) return [described];
  const names = readdirSync(join(upper, path)).sort();
  return [described, ...names.flatMap((name) => below(upper, join(path, name)))];
}
