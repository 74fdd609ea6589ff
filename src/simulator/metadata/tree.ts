/** The metadata tree: values by key below /latest/, and the listings that follow from the keys. */

export interface MetadataTree {
  /** The value or the listing at a key (already decoded), or undefined: 404. */
  get(key: string): { readonly bytes: Buffer; readonly type: string } | undefined;
  /** Puts a value there, or takes it away. */
  set(key: string, value: string | Buffer | undefined): void;
}

/**
 * `alwaysListed` are directories that answer with an empty list while nothing is in them (tags of an instance whose tags
 * are shown but which has none); any other empty directory is absent. A key that ends with a slash holds what its directory
 * answers instead of the names in it.
 */
export function metadataTree(
  values: ReadonlyMap<string, () => string | Buffer>,
  alwaysListed: readonly string[] = [],
): MetadataTree {
  const tree = new Map(values);
  return {
    get(key) {
      const value = tree.get(key);
      if (value !== undefined) {
        return {
          bytes: Buffer.from(value() as string),
          type: key === 'user-data' ? 'application/octet-stream' : 'text/plain',
        };
      }
      const directory = key === '' || key.endsWith('/') ? key : `${key}/`;
      const own = tree.get(directory);
      if (own !== undefined) return { bytes: Buffer.from(own() as string), type: 'text/plain' };
      const items = listing(tree.keys(), directory);
      if (items.length === 0 && !alwaysListed.includes(directory)) return undefined;
      return { bytes: Buffer.from(items.join('\n')), type: 'text/plain' };
    },
    set(key, value) {
      if (value === undefined) tree.delete(key);
      else tree.set(key, () => value);
    },
  };
}

/** Names directly below a directory, sorted, those that are directories themselves with a slash behind. */
function listing(keys: Iterable<string>, directory: string): string[] {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(directory)) continue;
    const rest = key.slice(directory.length);
    const slash = rest.indexOf('/');
    names.add(slash === -1 ? rest : rest.slice(0, slash + 1));
  }
  return [...names].sort();
}
