/** The append-only log behind `Files.openLog`: lines go to the kernel at once, and to the disk on demand. */
import { constants, fstatSync, ftruncateSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './durable.ts';
import type { Log } from './host.ts';

/** Opens the log at a real path, created 0600 where absent, after cutting off a last line that has no end. */
export async function openLog(real: string): Promise<Log> {
  const handle = await open(real, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    const { size } = await handle.stat();
    const whole = await endOfLastLine(handle, size);
    if (whole < size) await handle.truncate(whole);
    await handle.sync();
    await syncDirectory(dirname(real));
  } catch (error) {
    await handle.close();
    throw error;
  }
  return new AppendedLog(handle);
}

/** A log on an open file. */
export class AppendedLog implements Log {
  readonly #handle: FileHandle;
  /** The flush that will cover everything appended until it starts; shared by all who ask meanwhile. */
  #next: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  append(line: string): void {
    const { fd } = this.#handle;
    const bytes = Buffer.from(`${line}\n`);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written);
    } catch (error) {
      // A full disk takes a part: without it the next line would be torn as well.
      if (written > 0) ftruncateSync(fd, fstatSync(fd).size - written);
      throw error;
    }
  }

  flushed(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#running = this.#handle.datasync();
        return this.#running;
      });
    return this.#next;
  }

  async close(): Promise<void> {
    try {
      await this.flushed();
    } finally {
      await this.#handle.close();
    }
  }
}

/** Bytes up to and with the last line break. */
async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  const buffer = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - buffer.length);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}
