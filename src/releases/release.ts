/** Release: which version of the code a node runs, and the digests of its files. */

/** What the role, the tag and user data say, before anything was looked up. */
export interface ReleaseWish {
  /** The name, where something names it; else it is read from `pointer`. */
  readonly name?: string;
  readonly nameFrom?: 'user data' | 'tag' | 'role';
  /** s3:// address of the pointer object. */
  readonly pointer?: string;
  /** s3:// address of the manifest for a release of this name; undefined where the role has no manifest. */
  manifestFor(name: string): string | undefined;
}

export interface Release {
  readonly name: string;
  /** `user data`, `tag Release`, `roles/shop.yaml`, `s3://bucket/pointer`. */
  readonly source: string;
  /** s3:// address of the manifest, where there is one. */
  readonly manifest?: string;
  /** Digest and size of each file that the manifest lists, keyed by s3://bucket/key. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

export interface ReleaseFile {
  readonly sha256: string;
  readonly size?: number;
  readonly versionId?: string;
}
