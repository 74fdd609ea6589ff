/** The instance metadata port: reads of one instance's metadata, each key knowing what its absence means. */

export interface Metadata {
  /** The value at `key` (below /latest/), or undefined where it is absent (404). Throws UnavailableError at the deadline. */
  read(key: string, signal?: AbortSignal): Promise<string | undefined>;
  /** As `read`, bytes as they are: user data may be gzip'd. */
  readBytes(key: string, signal?: AbortSignal): Promise<Buffer | undefined>;
  /** Requests sent so far, token requests included. */
  readonly requests: number;
  close(): void;
}
