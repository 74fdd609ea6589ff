/** write(2) until every byte is taken: one call may take fewer, on a nearly full disk for instance. */
import { writeSync } from 'node:fs';

/** Writes all of `bytes` to `fd`: at `position`, or where the file's own position is. Throws the file system's own errors. */
export function writeWhole(fd: number, bytes: Uint8Array, position: number | null = null): void {
  let done = 0;
  while (done < bytes.length) {
    const at = position === null ? null : position + done;
    done += writeSync(fd, bytes, done, bytes.length - done, at);
  }
}
