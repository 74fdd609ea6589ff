/** The list of what the start of a boot reads from the disk, for packaging/read-ahead, which has it read all at once. */
import type { Extent } from '../host/host.ts';

export const readAheadPath = '/var/cache/bootstrap-agent/read-ahead';

/** The number of readahead(2), by Node's word for the architecture (asm/unistd.h of the kernel). */
const systemCalls: Readonly<Record<string, number>> = { x64: 187, arm64: 213 };
/** One call reads no more than the device's own read-ahead, which is 128 KiB where nobody set another (force_page_cache_ra()). */
const pieceBytes = 128 * 1024;
/** Two parts with less than this between them are one read: it costs less than another request. */
const gapBytes = 16 * 1024;

/** libc and the loader are those of everything that runs: systemd has read them long before. */
const readBySystemd = /\/(libc|ld-linux[^/]*)\.so[^/]*$/;

/**
 * Libraries first, then the program, then whole files: the order in which a start needs them. Undefined where the number of the
 * system call is not known.
 */
export function readAheadList(
  touched: readonly Extent[],
  program: string,
  whole: readonly { readonly path: string; readonly size: number }[],
  architecture: string,
): string | undefined {
  const number = systemCalls[architecture];
  if (number === undefined) return undefined;
  const mapped = touched.filter(({ path }) => !readBySystemd.test(path));
  const extents = [
    ...joined(mapped.filter(({ path }) => path !== program)),
    ...joined(mapped.filter(({ path }) => path === program)),
    ...whole.map(({ path, size }) => ({ path, offset: 0, length: size })),
  ];
  // A name that would be two lines is nobody's.
  const lines = extents
    .filter(({ path }) => !path.includes('\n'))
    .flatMap(pieces)
    .map(({ offset, length, path }) => `${offset} ${length} ${path}`);
  return [`readahead ${number}`, ...lines, ''].join('\n');
}

/**
 * The start of `copy` as one of `program`. Below another root than the machine's, the kernel tells paths by the machine's: what
 * stands before the copy's own path there is not part of any.
 */
export function startOf(program: string, copy: string, start: Start): Start {
  const found = start.touched.find(({ path }) => path.endsWith(copy))?.path ?? copy;
  const root = found.slice(0, -copy.length);
  const touched = start.touched.map(({ path, ...extent }) => {
    const below = path.startsWith(root) ? path.slice(root.length) : path;
    return { ...extent, path: below === copy ? program : below };
  });
  return { ...start, touched };
}

/** What a look at a start saw: what it had in memory, and what it said. */
interface Start {
  readonly touched: readonly Extent[];
  readonly said: string;
}

/** How many files it names, and how many bytes of them. */
export function sizeOfList(list: string): { files: number; bytes: number } {
  const extents = [...list.matchAll(/^\d+ (\d+) (.+)$/gm)];
  const bytes = extents.reduce((sum, [, length]) => sum + Number(length), 0);
  return { files: new Set(extents.map(([, , path]) => path)).size, bytes };
}

/** Files that Node read as a whole, modules and their compiled code, by what it says with NODE_DEBUG_NATIVE=COMPILE_CACHE. */
export function filesRead(said: string): string[] {
  const reads = said.matchAll(/\] reading cache from (\S+) for \S+ (\S+?\.cjs)\.\.\./g);
  return [...new Set([...reads].flatMap(([, cache = '', module = '']) => [module, cache]))];
}

/** Of each file in order, with what lies close together as one. */
function joined(extents: readonly Extent[]): Extent[] {
  const paths = [...new Set(extents.map(({ path }) => path))];
  return paths.flatMap((path) => {
    const own = extents.filter((extent) => extent.path === path);
    const all: { path: string; offset: number; length: number }[] = [];
    for (const { offset, length } of own.sort((a, b) => a.offset - b.offset)) {
      const last = all.at(-1);
      if (last !== undefined && offset - last.offset - last.length <= gapBytes)
        last.length = Math.max(last.length, offset + length - last.offset);
      else all.push({ path, offset, length });
    }
    return all;
  });
}

function pieces({ path, offset, length }: Extent): Extent[] {
  const count = Math.ceil(length / pieceBytes);
  return Array.from({ length: count }, (_, n) => ({
    path,
    offset: offset + n * pieceBytes,
    length: Math.min(pieceBytes, length - n * pieceBytes),
  }));
}
