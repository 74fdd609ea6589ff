/** Peer: another node of the same cluster, as EC2 tells of it. */

/** For templates, under `peers` there. */
export interface Peer {
  readonly instance_id: string;
  readonly private_ipv4: string;
  readonly zone: string;
}

/** By what the peers of an instance are found, before anything was looked up. */
export type PeerWish =
  /** Tags that they have in common with it, the class tag included where that chose the class. */
  | { readonly tags: Readonly<Record<string, string>> }
  /** A tag that the role goes by and the instance does not have: then it has no peers. */
  | { readonly lacks: string };
