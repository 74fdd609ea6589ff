/** The host port: everything the agent does to the machine it runs on. Two verbs only: files and commands. */

export interface Host {
  readonly files: Files;
  /** Runs a program to its end. Never throws for an exit code; throws StepError when the program is not there. */
  run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<Finished>;
  hardware(): Promise<Hardware>;
  /** Where a port that a local service listens on is reached from the agent. */
  reach(port: number): { host: string; port: number };
  /** Open connections from outside to these ports of local services. */
  connections(ports: readonly number[]): Promise<number>;
  /** The agent's own process; undefined where /proc does not tell. */
  readonly process: ProcessMark | undefined;
  isRunning(process: ProcessMark): boolean;
  /** Milliseconds since the kernel started, as systemd stamps its units (CLOCK_MONOTONIC); absent where nobody knows. */
  readonly sinceKernel?: () => number;
  /**
   * Takes the lock of this name, or gives the living process that has it. A process that ends releases what it held, however
   * it ends. Throws StepError where /run cannot be written. `now`: milliseconds since the epoch.
   */
  lock(name: string, now: number): Lock | { readonly holder: Holder };
}

/** A process of this machine: its id, and when it started, in clock ticks since the power went on. */
export interface ProcessMark {
  readonly pid: number;
  readonly startTicks: number;
}

export interface Holder extends ProcessMark {
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface Lock {
  release(): void;
}

export interface Hardware {
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly architecture: 'x86_64' | 'arm64';
  /** Fresh at every boot of the kernel (/proc/sys/kernel/random/boot_id, random(4)). */
  readonly bootId: string;
  /** Serial of the volume that holds /, an EBS volume by its id; absent where the device tells none. */
  readonly rootVolume?: string;
}

/** Bytes of a file that lie side by side. */
export interface Extent {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** User to run as; the agent's own (root) when absent. */
  readonly user?: string;
  readonly input?: string;
  /** Seconds until the program and its children are killed. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /** Called with each line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface Ownership {
  /** User name; absent: root. */
  readonly owner?: string;
  readonly group?: string;
  /** Octal permission bits as a number, 0o644. */
  readonly mode?: number;
}

export interface Stat {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly mode: number;
  /** Names where the machine knows them, else the number as text. */
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  /** Of a symlink: where it points. */
  readonly target?: string;
  /**
   * Equal as long as nothing was written, replaced or renamed: inode, size, modification and change time in nanoseconds. The device
   * number is left out, since the same image has another one on another instance.
   */
  readonly identity: string;
}

/**
 * Files of the machine by absolute path. Errors of the file system surface as StepError with the path and the
 * reason in words (no space left, read-only file system, permission denied), the original as `cause`.
 * Missing parents of what is written are created, 0755 root. Where an ownership is given, an owner or group that it does not
 * name is root, and a mode that it does not name stays (0644 for a new file, 0755 for a new directory).
 */
export interface Files {
  /** The bytes of a file, or undefined where there is none. */
  read(path: string): Promise<Buffer | undefined>;
  /** Does not follow a symlink; undefined where there is nothing. */
  stat(path: string): Promise<Stat | undefined>;
  /** Names in a directory, sorted; empty where there is no such directory. */
  list(path: string): Promise<string[]>;
  /** Writes atomically and durably: temporary file beside it, fsync, rename, fsync of the directory. */
  write(path: string, bytes: Buffer | string, ownership?: Ownership): Promise<void>;
  /** Writes into an existing file in place, as /proc and /sys demand. */
  poke(path: string, text: string): Promise<void>;
  /** Creates a directory and its parents (parents 0755 root), or changes the ownership of an existing one. */
  makeDirectory(path: string, ownership?: Ownership): Promise<void>;
  setOwnership(path: string, ownership: Ownership): Promise<void>;
  /** Makes `path` a symlink to `target`, replacing an existing symlink atomically (rename). */
  link(path: string, target: string): Promise<void>;
  /** Renames within one file system, durably. */
  rename(from: string, to: string): Promise<void>;
  /** Copies one regular file (reflink or hard link are allowed where the bytes stay immutable). */
  copy(from: string, to: string, ownership?: Ownership): Promise<void>;
  /** Removes a file or a whole tree; nothing there is fine. */
  remove(path: string): Promise<void>;
  /** Appends lines to a file, created 0600 where absent; a torn last line is cut off first. */
  openLog(path: string): Promise<Log>;
  /** A file to be filled by position, for downloads; kept when it exists already. */
  openSink(path: string): Promise<Sink>;
  /** Reads a file from byte `from` (default 0) to its end in large blocks, reusing one buffer: take what you need before the next block. */
  blocks(path: string, from?: number): AsyncIterable<Buffer>;
  /** Writes an unpacked tree below `root`, synchronously, as fast as the file system goes. */
  openTree(root: string): Promise<TreeWriter>;
  /** Makes all that was written so far to the file system that holds `path` durable (syncfs(2)). */
  settle(path: string): Promise<void>;
  /** Bytes free for the file system that holds `path` (of the nearest existing parent). */
  freeBytes(path: string): Promise<number>;
}

/** What the names of temporary files begin with; a leading dot keeps them from being read in conf.d directories. */
export const temporaryPrefix = '.bootstrap-agent-';

/** Whether a file of this name is what a killed `Files.write`, `link` or `copy` left. */
export function isTemporary(name: string): boolean {
  return name.startsWith(temporaryPrefix) && name.endsWith('.tmp');
}

export interface Log {
  /** Writes the line at once (kernel has it); `flushed` makes it durable. */
  append(line: string): void;
  /** Resolves when everything appended so far is on disk (fdatasync). */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

export interface Sink {
  /** Size of what is already there, bytes. */
  readonly size: number;
  write(bytes: Uint8Array, position: number): void;
  /** Reads what was written at `position`, as much as fits into `into`; gives the bytes read. */
  read(into: Uint8Array, position: number): number;
  truncate(size: number): void;
  /** Makes it durable and closes it. */
  close(options?: { durable?: boolean }): Promise<void>;
}

/** All paths are relative to the tree's root and already judged safe by the caller. */
export interface TreeWriter {
  directory(path: string, mode: number): void;
  /** Opens a file; the previous one is closed. `modified`: seconds since the epoch, kept so that nodes agree on it. */
  file(path: string, mode: number, size: number, modified?: number): void;
  write(bytes: Uint8Array): void;
  symlink(path: string, target: string): void;
  hardlink(path: string, existing: string): void;
  /**
   * Closes the last file and gives everything to the owner; the mode is for the tree's root alone. Not durable yet: see
   * `Files.settle`, which may run beside other work.
   */
  finish(ownership?: Ownership): Promise<void>;
  /** Closes without finishing; removes nothing. */
  abandon(): void;
}
