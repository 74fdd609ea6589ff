/** Tar archives built byte by byte, honest and hostile ones. */

export interface TarEntry {
  readonly name: string;
  readonly type?: string;
  readonly mode?: number;
  readonly content?: Buffer | string;
  readonly link?: string;
  /** What the header says, where it differs from the content. */
  readonly size?: number;
  readonly modified?: number;
  readonly prefix?: string;
}

export function tarOf(...entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(1024)]);
}

export function entryBytes(entry: TarEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  return Buffer.concat([
    headerBytes({ size: content.length, ...entry }),
    content,
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ]);
}

export function headerBytes(entry: TarEntry): Buffer {
  const block = Buffer.alloc(512);
  block.write(entry.name, 0, 100);
  block.write(octal(entry.mode ?? 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(entry.size ?? 0, 11), 124);
  block.write(octal(entry.modified ?? 1_700_000_000, 11), 136);
  block.write(entry.type ?? '0', 156);
  block.write(entry.link ?? '', 157, 100);
  block.write('ustar\u000000', 257);
  block.write(entry.prefix ?? '', 345, 155);
  return withChecksum(block);
}

export function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

export function pax(records: Record<string, string>, type = 'x'): TarEntry {
  const lines = Object.entries(records).map(([key, value]) => {
    const body = Buffer.byteLength(` ${key}=${value}\n`);
    let length = body + 1;
    while (String(length).length + body !== length) length += 1;
    return `${length} ${key}=${value}\n`;
  });
  return { name: 'pax', type, content: lines.join('') };
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
