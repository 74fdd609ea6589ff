/** Decompression beside the main thread: gzip and zstd, fed as bytes come. */
import type { Gunzip, ZstdDecompress } from 'node:zlib';
import { ConfigError, messageOf } from '../../../errors.ts';
import { giveBack } from '../../../give-back.ts';

export interface Decoder {
  /** Takes the next piece, which is copied; a promise is given only where the caller has to wait. */
  push(piece: Uint8Array): Promise<void> | undefined;
  /** Nothing more comes: resolves when all was decompressed. */
  end(): Promise<void>;
  /** Stops where it is; output is no longer given. */
  abandon(): void;
}

/** Input is collected to this size: each hand-over to the thread pool costs both threads a sleep and a wake-up. */
const inputSize = 512 << 10;
/** Output comes in buffers of this size; with a quarter of it, the hand-overs of 150 MB cost a fourth of the whole time. */
const outputSize = 1 << 20;
/** Frames of zstd and its skippable frames begin with these bytes (RFC 8878, section 3.1). */
const zstdFrame = (bytes: Buffer) =>
  bytes.length >= 4 &&
  (bytes.readUInt32LE(0) === 0xfd2fb528 ||
    (bytes.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50);

/**
 * A decoder for `encoding` that calls `output` with each piece, valid during the call. Errors, also those that `output`
 * throws, come out of `push` and `end`; data that is not of that encoding is a ConfigError.
 */
export function decoderFor(encoding: 'gzip' | 'zstd', output: (piece: Buffer) => void): Decoder {
  return new StreamDecoder(encoding, output);
}

class StreamDecoder implements Decoder {
  readonly #encoding: 'gzip' | 'zstd';
  readonly #output: (piece: Buffer) => void;
  #stream: Gunzip | ZstdDecompress;
  /** While one buffer is with the thread, the other is filled. */
  #filling = Buffer.allocUnsafeSlow(inputSize);
  #away = Buffer.allocUnsafeSlow(inputSize);
  #filled = 0;
  #busy: Promise<void> = Promise.resolve();
  #error: Error | undefined;
  /** The last piece given. */
  #spent: Buffer | undefined;
  /** The compressed stream is complete; bytes after it are padding. */
  #complete = false;

  constructor(encoding: 'gzip' | 'zstd', output: (piece: Buffer) => void) {
    this.#encoding = encoding;
    this.#output = output;
    this.#stream = this.#open();
  }

  push(piece: Uint8Array): Promise<void> | undefined {
    if (this.#error !== undefined) throw this.#error;
    if (this.#filled + piece.length <= inputSize) {
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.length;
      return undefined;
    }
    return this.#pushSlowly(piece);
  }

  async end(): Promise<void> {
    await this.#send();
    await this.#busy;
    if (this.#error !== undefined) throw this.#error;
    if (!this.#complete) await this.#endStream();
    if (this.#error !== undefined) throw this.#error;
  }

  abandon(): void {
    this.#error ??= new Error('the decoder was abandoned');
    this.#stream.destroy();
  }

  async #pushSlowly(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      if (this.#filled === inputSize) await this.#send();
      const part = piece.subarray(at, at + inputSize - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** Hands the filled buffer to the thread as soon as that is done with the one before. */
  async #send(): Promise<void> {
    await this.#busy;
    if (this.#error !== undefined) throw this.#error;
    const input = this.#filling.subarray(0, this.#filled);
    [this.#filling, this.#away] = [this.#away, this.#filling];
    this.#filled = 0;
    this.#busy = this.#decode(input);
  }

  async #decode(input: Buffer): Promise<void> {
    let rest = input;
    while (rest.length > 0 && !this.#complete && this.#error === undefined) {
      const before = this.#stream.bytesWritten;
      const outcome = await this.#write(rest);
      if (outcome === 'consumed') return;
      rest = rest.subarray(this.#stream.bytesWritten - before);
      // Node's decoder takes one zstd frame only; pzstd and `cat a.zst b.zst` make several.
      if (this.#encoding === 'zstd' && zstdFrame(rest)) this.#stream = this.#open();
      else this.#complete = true;
    }
  }

  /** `ended`: the compressed stream was complete before all of `input`; Node then ends the stream and calls nobody back. */
  #write(input: Buffer): Promise<'consumed' | 'ended'> {
    const stream = this.#stream;
    return new Promise((resolve) => {
      const ended = () => resolve('ended');
      stream.once('end', ended);
      stream.once('close', ended);
      stream.write(input, () => {
        stream.off('end', ended);
        stream.off('close', ended);
        resolve('consumed');
      });
    });
  }

  #endStream(): Promise<void> {
    const stream = this.#stream;
    return new Promise((resolve) => {
      stream.once('close', resolve);
      stream.once('end', resolve);
      if (stream.destroyed) resolve();
      else stream.end();
    });
  }

  #give(piece: Buffer): void {
    if (this.#error !== undefined) return;
    try {
      this.#output(piece);
    } catch (error) {
      this.#error = error as Error;
    }
  }

  #open(): Gunzip | ZstdDecompress {
    const stream = newStream(this.#encoding);
    // Not 'data': its handler runs before the thread is sent on, so the two would take turns instead of working side by side.
    stream.on('readable', () => {
      for (let piece = stream.read(); piece !== null; piece = stream.read()) {
        this.#give(piece);
        // The stream has left this buffer at the latest when it gives a piece of another.
        const memory = this.#spent?.buffer;
        if (memory?.byteLength === outputSize && memory !== piece.buffer) giveBack(memory);
        this.#spent = piece;
      }
    });
    stream.on('error', (error) => {
      this.#error ??= new ConfigError(
        `the object is not a whole ${this.#encoding} stream: ${messageOf(error)}`,
        { cause: error },
      );
    });
    return stream;
  }
}

function newStream(encoding: 'gzip' | 'zstd'): Gunzip | ZstdDecompress {
  const zlib = process.getBuiltinModule('node:zlib');
  // Object mode: each buffer comes out as it is, instead of all that wait joined into a copy. At most two wait.
  const options = { chunkSize: outputSize, readableObjectMode: true, readableHighWaterMark: 2 };
  if (encoding === 'gzip') return zlib.createGunzip(options);
  if (typeof zlib.createZstdDecompress !== 'function') {
    throw new ConfigError(
      `.tar.zst needs Node 22.15 or later, this is Node ${process.versions.node}: run the agent with its own runtime, or publish .tar.gz`,
    );
  }
  return zlib.createZstdDecompress(options);
}
