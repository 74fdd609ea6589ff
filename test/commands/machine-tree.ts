/** What a simulated machine holds: every file below its root with mode, owner and content digest, one line each. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What tells of the run rather than of the machine: journal, records, status, stamps with times, boot id. */
const ofTheRun =
  /^(var\/lib\/bootstrap-agent|run\/bootstrap-agent\/(status\.json|artifacts)|proc\/sys\/kernel\/random)/;

/** Sorted; `all` includes what differs from run to run. */
export function machineTree(root: string, { all = false } = {}): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => all || !ofTheRun.test(relative(root, path)))
    .map((path) => `${relative(root, path)} ${described(path)}`)
    .sort();
}

function described(path: string): string {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  if (stats.isDirectory()) return 'directory';
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
}
