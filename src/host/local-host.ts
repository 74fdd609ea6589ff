/** The machine the agent runs on, as a host. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ConfigError } from '../errors.ts';
import { openConnections } from './connections.ts';
import { rootedFiles } from './files.ts';
import type { Hardware, Host } from './host.ts';
import { realOwnership } from './ownership.ts';
import { processOn } from './process-on.ts';
import { runProgram } from './programs.ts';
import { rootVolumeSerial } from './root-volume.ts';

/** The host whose root is `/`. */
export function localHost(): Host {
  return {
    files: rootedFiles('/', { ownership: realOwnership('/') }),
    run: runProgram,
    hardware,
    connections: openConnections,
    reach: (port) => ({ host: '127.0.0.1', port }),
    // libuv: uv_hrtime() is CLOCK_MONOTONIC on Linux.
    sinceKernel: () => Number(process.hrtime.bigint()) / 1e6,
    ...processOn('/'),
  };
}

async function hardware(): Promise<Hardware> {
  const [meminfo, bootId] = await Promise.all([
    readFile('/proc/meminfo', 'utf8'),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ]);
  const rootVolume = rootVolumeSerial();
  return {
    ...(rootVolume !== undefined && { rootVolume }),
    vcpus: availableParallelism(),
    memoryMib: memoryMib(meminfo),
    architecture: architecture(process.arch),
    bootId: bootId.trim(),
  };
}

/** MemTotal of proc_meminfo(5), MiB. */
export function memoryMib(meminfo: string): number {
  const kib = /^MemTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  if (kib === undefined) throw new Error('/proc/meminfo has no line MemTotal');
  return Math.floor(Number(kib) / 1024);
}

/** EC2's word for Node's. Throws ConfigError for one that EC2 does not offer. */
export function architecture(arch: string): Hardware['architecture'] {
  if (arch === 'x64') return 'x86_64';
  if (arch === 'arm64') return 'arm64';
  throw new ConfigError(
    `this machine's architecture is ${arch}; the agent runs on x86_64 and arm64 alone`,
  );
}
