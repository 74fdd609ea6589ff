/** A partial download in the cache: the bytes so far, and which object they are of, so that a later process can carry on. */
import type { Files, Sink } from '../../host/host.ts';
import { cachePath } from './cache.ts';

/** Which object the bytes are of. */
export interface Pin {
  readonly etag: string;
  /** Bytes of the whole object. */
  readonly size: number;
  /** For people who look into the cache. */
  readonly versionId?: string;
}

/** Smaller objects are fetched again in the time that noting them durably would take. */
const worthResuming = 1 << 20;

export class PartialDownload {
  readonly #files: Files;
  readonly #digest: string;
  readonly #sink: Sink;
  /** What the bytes there were noted to be of, when this was opened. */
  readonly found: (Pin & { readonly bytes: number }) | undefined;
  /** The note is written beside the download; its outcome is looked at when the file is closed. */
  #noting: Promise<void> = Promise.resolve();
  #open = true;

  static async open(files: Files, digest: string): Promise<PartialDownload> {
    const pin = pinIn(await files.read(notePath(digest)));
    const sink = await files.openSink(bytesPath(digest));
    const usable = pin !== undefined && sink.size > 0 && sink.size <= pin.size;
    if (!usable && sink.size > 0) sink.truncate(0);
    return new PartialDownload(
      files,
      digest,
      sink,
      usable ? { ...pin, bytes: sink.size } : undefined,
    );
  }

  private constructor(files: Files, digest: string, sink: Sink, found: PartialDownload['found']) {
    this.#files = files;
    this.#digest = digest;
    this.#sink = sink;
    this.found = found;
  }

  /** The bytes that were there when this was opened. */
  blocks(): AsyncIterable<Buffer> {
    return this.#files.blocks(bytesPath(this.#digest));
  }

  /** Notes which object the bytes to come are of. */
  note(pin: Pin): void {
    if (pin.size < worthResuming) return;
    this.#noting = this.#files.write(notePath(this.#digest), JSON.stringify(pin), { mode: 0o600 });
    this.#noting.catch(() => undefined);
  }

  write(bytes: Uint8Array, position: number): void {
    this.#sink.write(bytes, position);
  }

  /** Forgets all bytes. The note goes first: it must never tell of bytes that are of another object. */
  async startOver(): Promise<void> {
    await this.#noting.catch(() => undefined);
    await this.#files.remove(notePath(this.#digest));
    this.#sink.truncate(0);
  }

  /** Leaves the bytes for a later try. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#noting.catch(() => undefined);
    await this.#sink.close({ durable: false });
  }

  /** The bytes are the whole object and verified: they get its name in the cache. Not durable, see `readCached`. */
  async complete(): Promise<void> {
    await this.close();
    await this.#files.rename(bytesPath(this.#digest), cachePath(this.#digest));
    await this.#files.remove(notePath(this.#digest));
  }

  /** The bytes are of no use. */
  async discard(): Promise<void> {
    await this.close();
    await this.#files.remove(notePath(this.#digest));
    await this.#files.remove(bytesPath(this.#digest));
  }
}

function bytesPath(digest: string): string {
  return `${cachePath(digest)}.partial`;
}

function notePath(digest: string): string {
  return `${bytesPath(digest)}.json`;
}

function pinIn(bytes: Buffer | undefined): Pin | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { etag, size, versionId } = JSON.parse(bytes.toString()) as Partial<Pin>;
    if (typeof etag !== 'string' || typeof size !== 'number') return undefined;
    return { etag, size, ...(typeof versionId === 'string' ? { versionId } : {}) };
  } catch {
    // Cut off while being written, or of another version of the agent: the download starts over.
    return undefined;
  }
}
