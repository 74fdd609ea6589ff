/**
 * A partial download in the cache: the bytes so far, and which object they are of, so that a later process can carry on. Where ranges
 * arrive out of order the file has holes, and a file beside it tells up to where it has none.
 */
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
  #front: { readonly sink: Sink; told: number } | undefined;

  static async open(files: Files, digest: string): Promise<PartialDownload> {
    const pin = pinIn(await files.read(notePath(digest)));
    const front = await files.read(frontPath(digest));
    const sink = await files.openSink(bytesPath(digest));
    const there = front === undefined ? sink.size : Math.min(sink.size, frontIn(front));
    const usable = pin !== undefined && there > 0 && sink.size <= pin.size;
    if (sink.size > (usable ? there : 0)) sink.truncate(usable ? there : 0);
    return new PartialDownload(files, digest, sink, usable ? { ...pin, bytes: there } : undefined);
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

  /** Reads back what was written; gives the bytes read. */
  read(into: Uint8Array, position: number): number {
    return this.#sink.read(into, position);
  }

  /** To be called before bytes are written out of order: all that is there ends at `front`. */
  async expectHoles(front: number): Promise<void> {
    if (this.#front !== undefined) return;
    const sink = await this.#files.openSink(frontPath(this.#digest));
    this.#front = { sink, told: front };
    sink.write(frontText(front), 0);
  }

  /** Notes, in the page cache and thus for a process that is killed, that there are no holes before `front`. */
  noteFront(front: number): void {
    if (this.#front === undefined || front - this.#front.told < worthResuming) return;
    this.#front.sink.write(frontText(front), 0);
    this.#front.told = front;
  }

  /** What lies beyond `front` is cut off: the file has no holes any more. */
  async endHoles(front: number): Promise<void> {
    if (this.#front === undefined) return;
    const { sink } = this.#front;
    this.#front = undefined;
    this.#sink.truncate(front);
    await sink.close({ durable: false });
    await this.#files.remove(frontPath(this.#digest));
  }

  /** Forgets all bytes. The note goes first: it must never tell of bytes that are of another object. */
  async startOver(): Promise<void> {
    await this.#noting.catch(() => undefined);
    await this.#files.remove(notePath(this.#digest));
    this.#sink.truncate(0);
    await this.#files.remove(frontPath(this.#digest));
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
    await this.#files.remove(frontPath(this.#digest));
  }
}

function bytesPath(digest: string): string {
  return `${cachePath(digest)}.partial`;
}

function notePath(digest: string): string {
  return `${bytesPath(digest)}.json`;
}

function frontPath(digest: string): string {
  return `${bytesPath(digest)}.front`;
}

/** Always as long, so that it is overwritten as a whole. */
function frontText(front: number): Buffer {
  return Buffer.from(`${String(front).padStart(15, '0')}\n`);
}

/** 0 where it was cut off while being written. */
function frontIn(bytes: Buffer): number {
  return /^[0-9]{15}\n$/.test(bytes.toString('latin1')) ? Number(bytes.toString()) : 0;
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
