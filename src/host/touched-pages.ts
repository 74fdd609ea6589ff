/** Which parts of which files a process has in its memory, by the kernel's account (proc_pid_maps(5), proc_pid_pagemap(5)). */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Extent } from './host.ts';

/** Of a page that Node runs on: x86_64 has no other, and EC2's arm64 images come with the same. */
export const pageBytes = 4096;
/** proc_pid_pagemap(5): a word of 64 bits a page; bit 63 says that it is in memory, bit 62 that it is swapped out. */
const wordBytes = 8;
const [present, swapped] = [1 << 31, 1 << 30];

interface Mapping {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

/**
 * By path, in the order of the process's addresses; empty once it has ended. A page that it has written to counts as well: it
 * was read first. Throws where /proc does not show it.
 */
export function touchedPages(pid: number): Extent[] {
  const extents: Extent[] = [];
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    for (const mapping of mappedFiles(readFileSync(`/proc/${pid}/maps`, 'utf8'))) {
      const { path, start, end, offset } = mapping;
      const words = Buffer.alloc(((end - start) / pageBytes) * wordBytes);
      const got = readSync(pagemap, words, 0, words.length, (start / pageBytes) * wordBytes);
      for (const [first, pages] of runsOfPages(words.subarray(0, got)))
        extents.push({ path, offset: offset + first * pageBytes, length: pages * pageBytes });
    }
  } finally {
    closeSync(pagemap);
  }
  return extents;
}

/** The mappings of files that are on a disk. */
export function mappedFiles(maps: string): Mapping[] {
  return maps.split('\n').flatMap((line) => {
    const [, start = '', end = '', offset = '', inode, path = ''] =
      /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ (\d+) +(\/.*)$/.exec(line) ?? [];
    if (inode === undefined || inode === '0' || /^\/(dev|proc|run)\/| \(deleted\)$/.test(path))
      return [];
    const [from, to, at] = [start, end, offset].map((hex) => Number.parseInt(hex, 16));
    return [{ path, start: from ?? 0, end: to ?? 0, offset: at ?? 0 }];
  });
}

/** First page and number of pages of each run of pages that are there. */
export function runsOfPages(words: Buffer): [number, number][] {
  const runs: [number, number][] = [];
  for (let page = 0; page < words.length / wordBytes; page += 1) {
    const there = (words.readUInt32LE(page * wordBytes + 4) & (present | swapped)) !== 0;
    if (!there) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === page) last[1] += 1;
    else runs.push([page, 1]);
  }
  return runs;
}
