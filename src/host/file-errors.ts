/** Errors of the file system in words: the path, the reason, and what a person can look at. Codes as in errno(3). */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StepError } from '../errors.ts';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS:
    'the file system is read-only; findmnt tells whether it is mounted so, dmesg whether a disk error made it so',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is a file, not a directory; namei -l with the path shows which',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'the directory is not empty',
  ELOOP: 'too many symlinks on the way',
  ENAMETOOLONG: 'the name is too long for the file system',
  EXDEV: 'source and target are on different file systems',
  EBUSY: 'it is in use',
  EINVAL: 'the value was refused',
  EIO: 'the disk reported an input/output error',
  EMFILE: 'too many open files',
};

/** The file system is full, and where that is changed. */
export function noSpace(doing: string, free: number, what = 'no space left'): string {
  return `cannot ${doing}: ${what} on the file system that holds it: ${free} bytes free; clear it, or give the instance a larger volume in its launch template (BlockDeviceMappings)`;
}

/** What cannot be written on a file system that is mounted read-only. */
export function readOnly(doing: string): string {
  return `cannot ${doing}: ${reasons.EROFS}`;
}

/** True where `error` is one of the file system with this code. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as NodeJS.ErrnoException | undefined)?.code));
}

/**
 * What `doing` threw, as a StepError naming `path` as the host knows it. `real` is where it really lies; `bytes` how many
 * were to be written, where that is known.
 */
export function fileError(
  error: unknown,
  doing: string,
  path: string,
  real: string,
  bytes?: number,
): Error {
  if (error instanceof StepError || !(error instanceof Error)) return error as Error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const what = code === 'EDQUOT' ? 'disk quota used up' : 'no space left';
    const size = bytes === undefined ? '' : ` (${bytes} bytes)`;
    return new StepError(noSpace(`${doing} ${path}${size}`, bytesFree(real), what), {
      cause: error,
    });
  }
  return new StepError(`cannot ${doing} ${path}: ${reasons[code] ?? error.message}`, {
    cause: error,
  });
}

/** `opened` (a log, a sink, a tree) with every error of its methods, thrown or rejected, told by `fileError`. */
export function errorsInWords<T extends object>(opened: T, path: string, real: string): T {
  const inWords = (error: unknown) => fileError(error, 'write', path, real);
  const wrapped = new Map<PropertyKey, unknown>();
  return new Proxy(opened, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (!wrapped.has(key)) {
        wrapped.set(key, (...input: unknown[]) => {
          try {
            const result = Reflect.apply(value, target, input);
            if (!(result instanceof Promise)) return result;
            return result.catch((error: unknown) => {
              throw inWords(error);
            });
          } catch (error) {
            throw inWords(error);
          }
        });
      }
      return wrapped.get(key);
    },
  });
}

/** Bytes an unprivileged writer has left on the file system of `real`, or of its nearest existing parent. */
export function bytesFree(real: string): number {
  for (let at = real; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR') || at === dirname(at)) throw error;
    }
  }
}
