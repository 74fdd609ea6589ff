/** Throw-away root: a Debian 12 below a temporary folder, to install into, run in and remove from. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ThrowAwayRoot {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Runs it in the root, in namespaces of its own: /proc and loopback are there, and no network. */
  run(program: string, ...args: string[]): Ran {
    const clean = [
      'env',
      '-i',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      'HOME=/root',
      'LC_ALL=C.UTF-8',
    ];
    return this.runOutside(...clean, 'chroot', this.path, program, ...args);
  }

  /** Runs a program of the host that will enter the root, in the same namespaces. */
  runOutside(...command: string[]): Ran {
    const enter = 'mount -t proc proc "$0/proc" && ip link set lo up && exec "$@"';
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', '--pid', '--net', '--fork', 'sh', '-c', enter, this.path, ...command],
      { encoding: 'utf8' },
    );
    return { status, stdout, stderr };
  }

  /** What is in it, but for logs, and the books of the package managers and of systemd: path, and size of files. */
  contents(): string[] {
    return entriesBelow(this.path).filter(
      (line) =>
        !/^\/(proc|sys|dev|var\/lib\/(dpkg|rpm|systemd)|var\/log|run\/systemd|root\/\.rpmdb)\//.test(
          line,
        ),
    );
  }

  copyIn(file: string): string {
    const name = `/root/${file.split('/').at(-1)}`;
    cpSync(file, join(this.path, name));
    return name;
  }

  delete(path: string): void {
    rmSync(join(this.path, path), { recursive: true });
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8');
  }
}

/** Says what is missing instead of testing less. */
export function demand(programs: Readonly<Record<string, string>>): void {
  if (process.getuid?.() !== 0)
    throw new Error('Installing into a root of its own needs root: sudo npm run test:package');
  const missing = Object.entries(programs).filter(
    ([program]) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  );
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, owner]) => owner))].join(' ');
  throw new Error(
    `Not found: ${missing.map(([program]) => program).join(', ')}. On Debian: apt-get install ${packages}`,
  );
}

/** A Debian with systemd and nothing else that is optional; `copies` of it share no file. */
export function throwAwayRoots(copies: number): { roots: ThrowAwayRoot[]; clean: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'agent-roots-'));
  const first = `${folder}/root-0`;
  // Docs are kept: minimal images leave them out, and the licences must be seen here.
  execFileSync('mmdebstrap', [
    '--quiet',
    '--variant=minbase',
    '--include=systemd',
    'bookworm',
    first,
  ]);
  const roots = [new ThrowAwayRoot(first)];
  for (let n = 1; n < copies; n += 1) {
    execFileSync('cp', ['--archive', first, `${folder}/root-${n}`]);
    roots.push(new ThrowAwayRoot(`${folder}/root-${n}`));
  }
  return { roots, clean: () => rmSync(folder, { recursive: true, force: true }) };
}

function entriesBelow(root: string, prefix = ''): string[] {
  return readdirSync(join(root, prefix))
    .sort()
    .flatMap((name) => {
      const path = `${prefix}/${name}`;
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory())
        return [`${path}/`, ...(/^\/(proc|sys|dev)$/.test(path) ? [] : entriesBelow(root, path))];
      return [`${path} ${stat.isFile() ? stat.size : 'link'}`];
    });
}
