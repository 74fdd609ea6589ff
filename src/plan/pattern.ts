/** Patterns over step ids: `file:/etc/nginx/*`, where * stands for any run of characters, slashes included. */

/** True when `id` is `pattern`, or matches it. */
export function matches(pattern: string, id: string): boolean {
  const expression = pattern
    .split('*')
    .map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}$`, 's').test(id);
}
