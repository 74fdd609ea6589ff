/** User data as people and tools write it: MIME messages, encodings, line ends. */
import { gzipSync } from 'node:zlib';

export const ourType = 'application/x-bootstrap-agent+yaml';

export interface PartSource {
  readonly type: string;
  readonly content: Buffer;
  readonly encoding?: 'base64' | 'quoted-printable' | '7bit' | '8bit' | 'binary';
}

/** A multipart message; `end` is the line end of headers and delimiters. */
export function multipart(parts: readonly PartSource[], end = '\n', boundary = '==b=='): Buffer {
  const pieces: (Buffer | string)[] = [
    `Content-Type: multipart/mixed; boundary="${boundary}"${end}MIME-Version: 1.0${end}${end}preamble${end}`,
  ];
  for (const { type, content, encoding } of parts) {
    pieces.push(`--${boundary}${end}Content-Type: ${type}${end}`);
    if (encoding !== undefined) pieces.push(`Content-Transfer-Encoding: ${encoding}${end}`);
    pieces.push(end, encoded(content, encoding, end), end);
  }
  pieces.push(`--${boundary}--${end}epilogue${end}`);
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));
}

export function encoded(content: Buffer, encoding: PartSource['encoding'], end = '\n'): Buffer {
  if (encoding === 'base64') {
    const lines = content.toString('base64').match(/.{1,76}/g) ?? [];
    return Buffer.from(lines.join(end));
  }
  if (encoding !== 'quoted-printable') return content;
  let line = '';
  const lines: string[] = [];
  for (const byte of content) {
    const plain = byte > 32 && byte < 127 && byte !== 61;
    line += plain
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (line.length > 70) {
      lines.push(`${line}=`);
      line = '';
    }
  }
  return Buffer.from([...lines, line].join(end));
}

export const gzipped = (content: Buffer | string) => gzipSync(content);
