/** User data: bytes as the metadata service gives them -> none, somebody else's, or a document of ours. */
import { ConfigError } from '../../errors.ts';
import type { UserData } from '../identity.ts';
import { readDocument } from './document.ts';
import { isGzip, unpacked } from './gzip.ts';
import { looksLike } from './looks-like.ts';
import { isMime, MimeFault, type Part, partsOf } from './mime.ts';
import { decoded } from './transfer-encoding.ts';

/** EC2 user guide, "Run commands when you launch an EC2 instance with user data input": 16 KB, before base64. */
const longest = 16_384;
const ourType = 'application/x-bootstrap-agent+yaml';
const ourFirstLine = /^(\xef\xbb\xbf)?#bootstrap-agent[ \t]*(\r?\n|$)/;

/**
 * Reads user data. Ours is a YAML document whose first line is `#bootstrap-agent`, or the one MIME part of our type,
 * plain or gzip'd. Throws ConfigError where ours is broken, or it cannot be told whose it is (a broken gzip, a
 * decompression bomb). Takes about 1 MiB of memory per unpacking at most.
 */
export async function parseUserData(bytes: Buffer | undefined): Promise<UserData> {
  if (bytes === undefined || bytes.length === 0) return { kind: 'none' };
  if (bytes.length > longest) {
    throw new ConfigError(
      `User data is ${bytes.length} bytes long; EC2 takes ${longest} at most. Shorten it in the launch template, or compress it with gzip`,
    );
  }
  const packed = isGzip(bytes);
  const content = packed ? unpacked(bytes, 'the user data') : bytes;
  // One character per byte: the structure is ASCII, and what is in it may be binary.
  const text = content.toString('latin1');
  if (ourFirstLine.test(text)) return ours(content, packed ? 'gzip' : 'plain text');
  const foreign = (whose: string): UserData => ({
    kind: 'foreign',
    looksLike: packed ? `${whose}, gzip'd` : whose,
    bytes: bytes.length,
  });
  if (!isMime(text)) return foreign(looksLike(text));
  try {
    const parts = partsOf(text);
    const [part, ...others] = parts.filter(({ type }) => type === ourType);
    if (part === undefined) return foreign(stranger(parts));
    if (others.length > 0) throw severalParts([part, ...others]);
    return await ours(
      contentOf(part),
      `${packed ? "gzip'd " : ''}MIME part ${part.place} (${part.encoding})`,
    );
  } catch (error) {
    if (!(error instanceof MimeFault)) throw error;
    // A multipart may not be encoded (RFC 2046, 5.1), so a part of ours names its type in plain sight.
    if (!/bootstrap-agent/i.test(text)) return foreign(`MIME that is broken: ${error.message}`);
    throw new ConfigError(
      `User data is a MIME message with a part for the agent, but broken at line ${error.line}: ${error.message}. Correct it in the launch template`,
      { cause: error },
    );
  }
}

async function ours(content: Buffer, carriedIn: string): Promise<UserData> {
  return { kind: 'ours', document: await readDocument(content, carriedIn), carriedIn };
}

function contentOf(part: Part): Buffer {
  const content = decoded(part);
  return isGzip(content) ? unpacked(content, `MIME part ${part.place} of the user data`) : content;
}

function stranger(parts: readonly Part[]): string {
  const mistaken = parts.find(({ body }) => ourFirstLine.test(body));
  if (mistaken === undefined) return 'MIME without a part of ours';
  return `MIME without a part of ours (part ${mistaken.place} begins with #bootstrap-agent, but its type is ${mistaken.type} and not ${ourType})`;
}

function severalParts(parts: readonly Part[]): ConfigError {
  const places = parts.map(({ place, line }) => `part ${place} (line ${line})`).join(', ');
  return new ConfigError(
    `User data has ${parts.length} MIME parts of type ${ourType}: ${places}; wanted one. Merge them in the launch template`,
  );
}
