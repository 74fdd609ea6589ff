/** Paths of steps: absolute and written in one way only, so that equal places have equal names. */
import { posix } from 'node:path';
import { ConfigError } from '../../errors.ts';

/** `path` without a slash at its end. Throws ConfigError where it holds `..`, `.`, `//` or control characters. */
export function plainPath(path: string): string {
  const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (plain.startsWith('/') && posix.normalize(plain) === plain && !/[\u0000-\u001f]/.test(plain))
    return plain;
  throw new ConfigError(
    `the path ${JSON.stringify(path)} must be absolute, without "..", ".", "//" and control characters`,
  );
}
