/** The disk of the cold bench: an image that holds what an instance has of the agent, mounted through a slow disk, cold each time. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const home = '/opt/bootstrap-agent';
export const node = `${home}/bin/node`;
export const boot = `${home}/dist/boot.cjs`;
export const emptyScript = '/empty.cjs';
export const list = '/var/cache/bootstrap-agent/read-ahead';

/** Runs a program to its end and gives what it said. Throws where it fails. */
export function say(file: string, ...words: readonly string[]): string {
  return String(execFileSync(file, words, { stdio: ['ignore', 'pipe', 'inherit'] })).trim();
}

/** The installed agent, and the libraries of what starts it: nothing else of a system is in there. */
export function layOutRoot(root: string, repository: string): void {
  for (const folder of ['proc', 'dev', 'run', 'tmp', 'var/lib/bootstrap-agent', `${home}/dist`])
    mkdirSync(join(root, folder), { recursive: true });
  const put = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  };
  put(process.execPath, node);
  cpSync(join(repository, 'dist'), join(root, home, 'dist'), { recursive: true });
  cpSync(join(repository, 'roles'), join(root, 'etc/bootstrap-agent/roles'), { recursive: true });
  put(join(repository, 'packaging/read-ahead'), `${home}/bin/read-ahead`);
  for (const program of ['/usr/bin/perl', '/bin/sh']) put(program, program);
  for (const program of [process.execPath, '/usr/bin/perl', '/bin/sh'])
    for (const [library] of say('ldd', program).matchAll(/\/\S+/g)) put(library, library);
  for (const name of ['/etc/passwd', '/etc/group', '/etc/ld.so.cache', '/etc/ssl/openssl.cnf'])
    if (existsSync(name)) put(name, name);
  writeFileSync(join(root, emptyScript), '');
}

export function withSystemFolders(root: string): () => void {
  say('mount', '-t', 'proc', 'proc', join(root, 'proc'));
  say('mount', '--bind', '/dev', join(root, 'dev'));
  for (const folder of ['run', 'tmp', 'var/lib/bootstrap-agent'])
    say('mount', '-t', 'tmpfs', 'tmpfs', join(root, folder));
  return () => {
    for (const folder of ['proc', 'dev', 'run', 'tmp', 'var/lib/bootstrap-agent'])
      say('umount', join(root, folder));
  };
}

export interface Read {
  readonly reads: number;
  readonly bytes: number;
}

export class SlowDisk {
  readonly #folder: string;
  readonly #server: ChildProcess;
  readonly root: string;

  /** `folder`: for its files and mount points. */
  static async open(folder: string, image: string, latencyMs: number, mbPerSecond: number) {
    const file = join(folder, 'disk');
    writeFileSync(file, '');
    const words = [image, file, String(latencyMs), String(mbPerSecond)];
    const program = join(import.meta.dirname, 'slow-disk.ts');
    const server = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await Promise.race([
      once(server.stdout as NonNullable<typeof server.stdout>, 'data'),
      once(server, 'exit').then(() => {
        throw new Error('the slow disk cannot be mounted');
      }),
    ]);
    return new SlowDisk(folder, server);
  }

  private constructor(folder: string, server: ChildProcess) {
    this.#folder = folder;
    this.#server = server;
    this.root = join(folder, 'root');
    mkdirSync(this.root, { recursive: true });
  }

  /** Mounts it with nothing of it in memory but what systemd itself needs; gives the way to unmount it. */
  async mountCold(): Promise<() => void> {
    const disk = join(this.#folder, 'disk');
    const loop = say('losetup', '--find', '--show', '--read-only', '--direct-io=on', disk);
    try {
      // In sectors: the 128 KiB that the kernel reads along on a disk where nobody has set anything.
      say('blockdev', '--setra', '256', loop);
      say('mount', '-o', 'ro,noload', loop, this.root);
    } catch (error) {
      say('losetup', '--detach', loop);
      throw error;
    }
    const leave = withSystemFolders(this.root);
    const warm = 'cat "$1"/lib*/ld-linux* "$1"/lib/*/libc.so.6 "$1"/bin/sh "$1"/etc/ld.so.cache';
    say('/bin/sh', '-c', `${warm} >/dev/null`, 'sh', this.root);
    await this.sinceLast();
    return () => {
      leave();
      say('umount', this.root);
      say('losetup', '--detach', loop);
    };
  }

  /** What was read from it since it was asked before. */
  async sinceLast(): Promise<Read> {
    this.#server.kill('SIGUSR2');
    const [line] = await once(this.#server.stdout as NodeJS.ReadableStream, 'data');
    return JSON.parse(String(line)) as Read;
  }

  async close(): Promise<void> {
    const over = once(this.#server, 'exit');
    say('umount', join(this.#folder, 'disk'));
    await over;
  }
}
