import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../src/errors.ts';
import { decoderFor } from '../../../../src/resources/artifact/archive/decoder.ts';
import fc from '../../../random-examples.ts';
import { noise } from '../rig.ts';

const packers = { gzip: gzipSync, zstd: zstdCompressSync } as const;
const encodings = ['gzip', 'zstd'] as const;

async function decode(encoding: 'gzip' | 'zstd', input: Buffer, pieceSize = 65_536) {
  const output: Buffer[] = [];
  const decoder = decoderFor(encoding, (piece) => output.push(Buffer.from(piece)));
  for (let at = 0; at < input.length; at += pieceSize) {
    const piece = Buffer.from(input.subarray(at, at + pieceSize));
    await decoder.push(piece);
    piece.fill(0xff);
  }
  await decoder.end();
  return Buffer.concat(output);
}

describe.each(encodings)('%s', (encoding) => {
  const packed = packers[encoding];
  const large = Buffer.concat([noise(700_000), Buffer.alloc(900_000), noise(50_000, 7)]);

  it('gives back what was packed, whatever the size of the pieces', async () => {
    const input = packed(large);
    for (const size of [1000, 65_536, 131_072, 1 << 20, input.length]) {
      expect((await decode(encoding, input, size)).equals(large), `${size}`).toBe(true);
    }
  });

  it('gives nothing for nothing packed', async () => {
    expect(await decode(encoding, packed(Buffer.alloc(0)))).toHaveLength(0);
  });

  it('carries on through several streams in a row', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 70_000 }),
        async (sizes, pieceSize) => {
          const parts = sizes.map((size, at) => noise(size, at + 1));
          const input = Buffer.concat(parts.map((part) => packed(part)));
          const found = await decode(encoding, input, Math.max(pieceSize, input.length >> 8));
          expect(found.equals(Buffer.concat(parts))).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('ignores what follows the end', async () => {
    const input = Buffer.concat([packed(large), Buffer.alloc(300_000)]);
    expect((await decode(encoding, input)).equals(large)).toBe(true);
  });

  it('refuses what is cut off, and what is something else', async () => {
    const input = packed(large);
    await expect(decode(encoding, input.subarray(0, -9))).rejects.toThrow(ConfigError);
    await expect(decode(encoding, input.subarray(0, 9))).rejects.toThrow(ConfigError);
    await expect(decode(encoding, noise(500_000))).rejects.toThrow(
      `the object is not a whole ${encoding} stream`,
    );
    await expect(decode(encoding, Buffer.from('<?xml'))).rejects.toThrow(ConfigError);
  });

  it('lets errors of its output out', async () => {
    const full = new Error('disk full');
    const decoder = decoderFor(encoding, () => {
      throw full;
    });
    const push = async () => {
      for (let n = 0; n < 20; n += 1) await decoder.push(packed(large));
      await decoder.end();
    };
    await expect(push()).rejects.toBe(full);
  });

  it('can be abandoned in the middle, twice', async () => {
    const decoder = decoderFor(encoding, () => undefined);
    await decoder.push(packed(large).subarray(0, 300_000));
    decoder.abandon();
    decoder.abandon();
    expect(() => decoder.push(Buffer.from('x'))).toThrow('abandoned');
  });
});
