/** A file that is filled by position, written synchronously: what a download streams into. */
import { close, constants, fdatasync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Sink } from './host.ts';
import { writeWhole } from './write-whole.ts';

const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * Opens `absolutePath` for filling, created 0600 where absent, its bytes kept where it is there. Writes are synchronous: a
 * write into the page cache takes less time than the way to a thread and back. Throws the file system's own errors.
 */
export async function openSink(absolutePath: string): Promise<Sink> {
  const fd = openSync(absolutePath, flags, 0o600);
  return new FileSink(fd, fstatSync(fd).size);
}

class FileSink implements Sink {
  readonly size: number;
  readonly #fd: number;

  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
  }

  write(bytes: Uint8Array, position: number): void {
    writeWhole(this.#fd, bytes, position);
  }

  read(into: Uint8Array, position: number): number {
    return readSync(this.#fd, into, 0, into.length, position);
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size);
  }

  async close(options: { durable?: boolean } = {}): Promise<void> {
    try {
      // The disk may take seconds: this one wait is not synchronous.
      if (options.durable ?? true) await promisify(fdatasync)(this.#fd);
    } finally {
      await promisify(close)(this.#fd);
    }
  }
}
