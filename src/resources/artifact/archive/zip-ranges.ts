/** Ranges of bytes of a file in the cache, for a reader that jumps between a zip file's directory and its content. */
import type { Files } from '../../../host/host.ts';

type Yauzl = typeof import('yauzl');
type RandomAccessReader = import('yauzl').RandomAccessReader;

export interface ByteRanges {
  /** Bytes from `position` on; fewer than `length` at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  reader(yauzl: Yauzl): RandomAccessReader;
}

interface Window {
  readonly start: number;
  readonly bytes: Buffer;
}

/**
 * Reads the file at `path` through two windows of one block each: the directory and the content are both read from front to
 * back, so nearly every range is in one of them.
 */
export function byteRanges(files: Files, path: string): ByteRanges {
  const windows: Window[] = [];

  const windowAt = async (position: number): Promise<Window> => {
    const index = windows.findIndex(
      ({ start, bytes }) => position >= start && position < start + bytes.length,
    );
    const window = windows.splice(index, index < 0 ? 0 : 1)[0] ?? {
      start: position,
      bytes: await firstBlock(files, path, position),
    };
    windows.unshift(window);
    windows.length = Math.min(windows.length, 2);
    return window;
  };

  const read = async (position: number, length: number): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for (let at = position; at < position + length; ) {
      const { start, bytes } = await windowAt(at);
      const piece = bytes.subarray(at - start, position + length - start);
      if (piece.length === 0) break;
      pieces.push(piece);
      at += piece.length;
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  };

  return { read, reader: (yauzl) => readerOf(yauzl, files, path, read) };
}

async function firstBlock(files: Files, path: string, position: number): Promise<Buffer> {
  // Copied: the block is good only until the next is asked for.
  for await (const block of files.blocks(path, position)) return Buffer.from(block);
  return Buffer.alloc(0);
}

function readerOf(
  yauzl: Yauzl,
  files: Files,
  path: string,
  read: ByteRanges['read'],
): RandomAccessReader {
  class Reader extends yauzl.RandomAccessReader {
    override _readStreamForRange(start: number, end: number) {
      const { Readable } = process.getBuiltinModule('node:stream');
      return Readable.from(range(files, path, start, end), { objectMode: false });
    }

    override read(
      buffer: Buffer,
      offset: number,
      length: number,
      position: number,
      callback: (error: Error | null, bytesRead?: number) => void,
    ): void {
      read(position, length).then(
        (bytes) => callback(null, bytes.copy(buffer, offset)),
        (error: Error) => callback(error),
      );
    }
  }
  return new Reader();
}

async function* range(files: Files, path: string, start: number, end: number) {
  let at = start;
  for await (const block of files.blocks(path, start)) {
    // Copied: the stream holds on to it for longer than the block is good.
    const piece = Buffer.from(block.subarray(0, end - at));
    at += piece.length;
    if (piece.length > 0) yield piece;
    if (at >= end) return;
  }
}
