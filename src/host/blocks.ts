/** A file from front to back in large blocks: what hashing and unpacking from the cache read. */
import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';

/** Large enough that the way to a thread and back does not count, small enough to stay in the processor's cache. */
const usualSize = 1 << 20;

/**
 * The bytes of `absolutePath` from byte `from` on, in blocks of at most `blockSize`. Two buffers take turns: while one is in the
 * caller's hands the next block is read into the other. A block is valid until the one after it is asked for. Throws the
 * file system's own errors.
 */
export async function* blocks(
  absolutePath: string,
  options: { from?: number; blockSize?: number } = {},
): AsyncIterable<Buffer> {
  const { from = 0, blockSize = usualSize } = options;
  const fd = await promisify(open)(absolutePath, 'r');
  const buffers = [Buffer.allocUnsafeSlow(blockSize), Buffer.allocUnsafeSlow(blockSize)] as const;
  const fill = async (turn: number, position: number): Promise<Buffer> => {
    const buffer = buffers[turn % 2 === 0 ? 0 : 1];
    const { bytesRead } = await promisify(read)(fd, buffer, 0, blockSize, position);
    return buffer.subarray(0, bytesRead);
  };
  let ahead = fill(0, from);
  try {
    let position = from;
    for (let turn = 1; ; turn += 1) {
      const block = await ahead;
      if (block.length === 0) return;
      position += block.length;
      ahead = fill(turn, position);
      // Its error is told when its turn comes, or not at all when the caller stops before.
      ahead.catch(() => undefined);
      yield block;
    }
  } finally {
    // A read that is still under way must not meet a number that another file got meanwhile.
    await ahead.catch(() => undefined);
    await promisify(close)(fd);
  }
}
