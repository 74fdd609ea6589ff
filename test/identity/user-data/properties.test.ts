import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../../../src/errors.ts';
import { parseUserData } from '../../../src/identity/user-data/user-data.ts';
import fc from '../../random-examples.ts';
import { gzipped, multipart, ourType, type PartSource } from './messages.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).map((text) => `x${text}`);
const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.integer(),
  fc.boolean(),
  fc.array(name),
);
const document = fc.record(
  { class: name, release: name, role: fc.dictionary(name, value, { maxKeys: 5 }) },
  { requiredKeys: [] },
);
const end = fc.constantFrom('\n', '\r\n');
const encoding = fc.constantFrom<PartSource['encoding'][]>(
  'base64',
  'quoted-printable',
  '8bit',
  'binary',
  undefined,
);
const foreignParts = fc.array(
  fc.record({
    type: fc.constantFrom('text/x-shellscript', 'text/cloud-config', 'application/octet-stream'),
    content: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    encoding: fc.constant('base64' as const),
  }),
  { maxLength: 3 },
);

describe('user data', () => {
  it('comes back whole through gzip, MIME, transfer encoding and line ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        document,
        end,
        end,
        encoding,
        foreignParts,
        foreignParts,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (
          fields,
          lineEnd,
          mimeEnd,
          transfer,
          before,
          after,
          mark,
          packedInside,
          packedOutside,
          mime,
        ) => {
          const yaml = `#bootstrap-agent\n${Object.keys(fields).length === 0 ? '' : stringify(fields)}`;
          const text = (mark ? '\ufeff' : '') + yaml.replaceAll('\n', lineEnd);
          const inside = packedInside && mime ? gzipped(text) : Buffer.from(text);
          const part: PartSource = {
            type: ourType,
            content: inside,
            ...(transfer && { encoding: transfer }),
          };
          const whole = mime ? multipart([...before, part, ...after], mimeEnd) : Buffer.from(text);
          const read = await parseUserData(packedOutside ? gzipped(whole) : whole);
          if (read.kind !== 'ours') throw new Error(`read as ${JSON.stringify(read)}`);
          const { text: kept, ...readFields } = read.document;
          expect(readFields).toEqual(fields);
          expect(kept).toBe(text.replace('\ufeff', ''));
        },
      ),
      { numRuns: 300 },
    );
  });

  const survives = async (bytes: Uint8Array) => {
    try {
      const { kind } = await parseUserData(Buffer.from(bytes));
      expect(['none', 'foreign', 'ours']).toContain(kind);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      expect(error.message).toMatch(/user data/i);
    }
  };

  it('survives arbitrary bytes', async () => {
    const bytes = fc.uint8Array({ maxLength: 17_000, size: 'max' });
    await fc.assert(fc.asyncProperty(bytes, survives), { numRuns: 200 });
    const start = fc.constantFrom('#bootstrap-agent\n', 'MIME-Version: 1.0\n', '\x1f\x8b\x08');
    const begun = fc.tuple(start, fc.uint8Array({ maxLength: 500 }));
    await fc.assert(
      fc.asyncProperty(begun, ([first, rest]) =>
        survives(Buffer.concat([Buffer.from(first, 'latin1'), rest])),
      ),
      { numRuns: 500 },
    );
  });

  it('survives good user data with bytes changed, cut out and doubled', async () => {
    const good = multipart([
      {
        type: 'text/x-shellscript',
        content: Buffer.from('#!/bin/sh\n'),
        encoding: 'quoted-printable',
      },
      {
        type: ourType,
        content: Buffer.from('#bootstrap-agent\nclass: tomcat\n'),
        encoding: 'base64',
      },
    ]);
    const position = fc.nat(good.length);
    const change = fc.record({
      at: position,
      remove: fc.nat(30),
      insert: fc.uint8Array({ maxLength: 10 }),
      again: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, packed) => {
          let bytes = packed ? gzipped(good) : good;
          for (const { at, remove, insert, again } of changes) {
            const cut = bytes.subarray(at, at + remove);
            bytes = Buffer.concat([
              bytes.subarray(0, at),
              insert,
              again ? cut : Buffer.alloc(0),
              again ? cut : Buffer.alloc(0),
              bytes.subarray(at + remove),
            ]);
          }
          await survives(bytes);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
