/** gzip, unpacked within bounds. */
import { ConfigError, messageOf } from '../../errors.ts';

/** Sixty times what EC2 takes as user data: no document of ours comes near, and any memory can bear it. */
const longestUnpacked = 1024 * 1024;

/** True for the magic bytes of RFC 1952. */
export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The bytes unpacked. Throws ConfigError where they are broken or too many; `what` names them in the message. */
export function unpacked(bytes: Buffer, what: string): Buffer {
  // Only here is zlib needed, and seldom.
  const { gunzipSync } = process.getBuiltinModule('node:zlib');
  try {
    return gunzipSync(bytes, { maxOutputLength: longestUnpacked });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ConfigError(
        `The gzip of ${what} unpacks to more than ${longestUnpacked} bytes: a decompression bomb, or not meant as user data. Look at it in the launch template`,
        { cause: error },
      );
    }
    throw new ConfigError(
      `The gzip of ${what} is broken (${messageOf(error)}): ${bytes.length} bytes that begin with the gzip magic 1f 8b. Make it anew in the launch template`,
      { cause: error },
    );
  }
}
