/** Where the symlinks of an archive lead, other symlinks of the archive on the way included. Pure. */

/** As many as the kernel follows (path_resolution(7)); a longer chain opens nothing. */
const mostLinks = 40;

/**
 * True when the symlink at `link` leads out of the tree. Judged on the whole archive and not on the target's text alone: with
 * `a -> b/c`, the target `a/../..` is two levels up from `b/c`, not one from the root. `targets`: path of each symlink
 * of the archive -> its target, all paths relative to the root of the tree.
 */
export function escapes(link: string, targets: ReadonlyMap<string, string>): boolean {
  const ahead = link.split('/');
  const behind: string[] = [];
  let links = 0;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (behind.pop() === undefined) return true;
      continue;
    }
    behind.push(part);
    const target = targets.get(behind.join('/'));
    if (target === undefined) continue;
    links += 1;
    if (links > mostLinks) return false;
    if (target.startsWith('/')) return true;
    behind.pop();
    ahead.unshift(...target.split('/'));
  }
  return false;
}
