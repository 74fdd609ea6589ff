import { describe, expect, it } from 'vitest';
import { parseUserData } from '../../../src/identity/user-data/user-data.ts';
import { gzipped, multipart, ourType } from './messages.ts';
import { document, faultOf, fields, ours, parse, script } from './parsing.ts';

describe('none', () => {
  it('absent or empty', async () => {
    expect(await parseUserData(undefined)).toEqual({ kind: 'none' });
    expect(await parse('')).toEqual({ kind: 'none' });
  });
});

describe('ours', () => {
  it.each([
    ['as it is', document, 'plain text'],
    ['with CRLF', document.replaceAll('\n', '\r\n'), 'plain text'],
    ['with a byte order mark', `\ufeff${document}`, 'plain text'],
    ['with both, gzipped', gzipped(`\ufeff${document.replaceAll('\n', '\r\n')}`), 'gzip'],
    ['in a MIME part', multipart([script, ours()]), 'MIME part 2 (7bit)'],
    ['in a MIME part with CRLF', multipart([ours(), script], '\r\n'), 'MIME part 1 (7bit)'],
    ['in base64', multipart([{ ...ours(), encoding: 'base64' }, script]), 'MIME part 1 (base64)'],
    [
      'in quoted-printable',
      multipart([{ ...ours(), encoding: 'quoted-printable' }]),
      'MIME part 1 (quoted-printable)',
    ],
    [
      'gzipped in base64',
      multipart([{ ...ours(gzipped(document)), encoding: 'base64' }]),
      'MIME part 1 (base64)',
    ],
    [
      'gzipped as it is',
      multipart([{ ...ours(gzipped(document)), encoding: 'binary' }]),
      'MIME part 1 (binary)',
    ],
    ['in MIME that is gzipped', gzipped(multipart([script, ours()])), "gzip'd MIME part 2 (7bit)"],
    [
      'in a message of that one type',
      `MIME-Version: 1.0\nContent-Type: ${ourType}; charset=utf-8\n\n${document}`,
      'MIME part 1 (7bit)',
    ],
    [
      'in a nested multipart',
      multipart([
        script,
        {
          type: 'multipart/mixed; boundary="in"',
          content: multipart([ours()], '\n', 'in').subarray(64),
        },
      ]),
      'MIME part 2.1 (7bit)',
    ],
  ])('%s', async (_name, bytes, carriedIn) => {
    expect(await parse(bytes)).toMatchObject({ kind: 'ours', document: fields, carriedIn });
  });

  it('keeps the text, so that a fault in the role can be shown', async () => {
    expect(await parse(document)).toMatchObject({ document: { text: document } });
    expect(await parse(`\ufeff${document}`)).toMatchObject({ document: { text: document } });
  });

  it('needs no first line in a part of our type, and nothing below it anywhere', async () => {
    expect(await parse(multipart([ours('class: php\n')]))).toMatchObject({
      document: { class: 'php' },
    });
    expect(await parse('#bootstrap-agent')).toEqual({
      kind: 'ours',
      document: { text: '#bootstrap-agent' },
      carriedIn: 'plain text',
    });
  });

  it('takes 16384 bytes and not one more', async () => {
    const full = `${document}#${'x'.repeat(16_384 - document.length - 1)}`;
    expect(await parse(full)).toMatchObject({ kind: 'ours' });
    expect(await faultOf(`${full}x`)).toMatch(/16385 bytes long; EC2 takes 16384 at most/);
  });

  it('reads headers as MIME writes them: folded, in any case, with comments of other fields between', async () => {
    const message = [
      'Received: by nobody',
      'mime-version: 1.0',
      'CONTENT-TYPE: Multipart/Mixed;',
      '\tcharset="us-ascii" ; BOUNDARY = "a \\"b"',
      '',
      '--a "b',
      '',
      'no header at all',
      '--a "b  ',
      `content-type:\tApplication/X-Bootstrap-Agent+YAML`,
      'content-transfer-encoding: 8BIT ',
      '',
      'class: érlang',
      '--a "b--',
    ];
    const bad = await faultOf(message.join('\r\n'));
    expect(bad).toMatch(/the boundary .* is not allowed/);
    const good = message.join('\r\n').replaceAll('a \\"b', 'a b').replaceAll('a "b', 'a b');
    expect(await parse(good)).toMatchObject({
      document: { class: 'érlang' },
      carriedIn: 'MIME part 2 (8bit)',
    });
  });
});

describe("somebody else's", () => {
  it.each([
    ['#!/bin/bash\nclass: x\n', 'shell script'],
    ['#cloud-config\npackages: [x]\n', 'cloud-config'],
    ['## template: jinja\n#cloud-config\n', 'cloud-config'],
    ['#include\nhttp://x\n', 'cloud-init'],
    ['class: tomcat\n', 'unknown'],
    ['hello123', 'unknown'],
    [Buffer.from([0, 1, 2, 255]), 'unknown'],
    [Buffer.from(document).toString('base64'), 'base64 text (encoded twice?)'],
    [gzipped(document).toString('base64'), 'base64 text (encoded twice?)'],
    [gzipped('#!/bin/sh\n'), "shell script, gzip'd"],
    [gzipped(gzipped(document)), "unknown, gzip'd"],
    [multipart([script]), 'MIME without a part of ours'],
    [
      '# bootstrap-agent\nclass: x\n',
      'a document of the agent with the first line "# bootstrap-agent", which must be #bootstrap-agent',
    ],
    [
      multipart([{ ...ours(), type: 'text/plain' }]),
      `MIME without a part of ours (part 1 begins with #bootstrap-agent, but its type is text/plain and not ${ourType})`,
    ],
    [
      'Content-Type: multipart/mixed\n\n--x\n',
      'MIME that is broken: a multipart without a boundary parameter',
    ],
    [
      multipart([script]).subarray(0, 120),
      'MIME that is broken: the boundary "==b==" is never closed; is the end cut off? (no --==b==--)',
    ],
    [
      'Content-Type: text/plain; x\n\nhello',
      'MIME that is broken: Content-Type "text/plain; x" is not valid',
    ],
  ])('%#: %j', async (bytes, looksLike) => {
    expect(await parse(bytes)).toEqual({
      kind: 'foreign',
      looksLike,
      bytes: Buffer.from(bytes as string).length,
    });
  });
});

describe('gzip', () => {
  it('a decompression bomb: an error, within bounds', async () => {
    const bomb = gzipped(Buffer.alloc(10 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(16_384);
    expect(await faultOf(bomb)).toMatch(/unpacks to more than 1048576 bytes: a decompression bomb/);
    expect(await faultOf(multipart([{ ...ours(bomb), encoding: 'binary' }]))).toMatch(
      /gzip of MIME part 1 of the user data unpacks to more than/,
    );
  });

  it('cut off or corrupted: an error', async () => {
    const packed = gzipped(document);
    expect(await faultOf(packed.subarray(0, 30))).toMatch(/gzip of the user data is broken/);
    const corrupt = Buffer.from(packed);
    corrupt.writeUInt8(corrupt.readUInt8(corrupt.length - 6) ^ 0xff, corrupt.length - 6);
    expect(await faultOf(corrupt)).toMatch(/gzip of the user data is broken \(.*check/);
  });
});
