import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architectures, artifactName, releaseOf } from '../../../scripts/package/release.ts';
import { demand, type Ran, type ThrowAwayRoot, throwAwayRoots } from './throw-away-root.ts';

const own = process.arch as keyof typeof architectures;
const folder = mkdtempSync(join(tmpdir(), 'agent-packages-'));
const release = await releaseOf('.', true);
const built = (format: 'deb' | 'rpm' | 'tar', architecture = own) =>
  join(folder, 'one', artifactName(release, format, architecture));

beforeAll(() => {
  demand({
    'dpkg-deb': 'dpkg',
    rpmbuild: 'rpm',
    mmdebstrap: 'mmdebstrap',
    unshare: 'util-linux',
    ip: 'iproute2',
  });
  execFileSync('npm', ['run', '-s', 'build']);
  copyTree(`${folder}/tree-one`);
  execFileSync('cp', ['-a', `${folder}/tree-one`, `${folder}/another-tree`]);
  build('tree-one', 'one', {});
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is packaged, put aside: whoever goes on working in the repository changes nothing between two builds. */
function copyTree(to: string): void {
  const parts = ['dist', 'docs', 'packaging', 'roles', 'scenarios', 'scripts', 'systemd'];
  const files = ['LICENSE', 'package.json', 'package-lock.json'];
  mkdirSync(`${to}/out`, { recursive: true });
  mkdirSync('out/.cache', { recursive: true });
  for (const part of [...parts, ...files]) cpSync(part, `${to}/${part}`, { recursive: true });
  symlinkSync(resolve('node_modules'), `${to}/node_modules`);
  symlinkSync(resolve('out/.cache'), `${to}/out/.cache`);
}

function build(tree: string, name: string, env: Record<string, string>): void {
  const script = `umask ${env.UMASK ?? '022'}; exec "$0" "$@"`;
  execFileSync(
    'sh',
    ['-c', script, process.execPath, 'scripts/package.ts', '--fast', '--out', `${folder}/${name}`],
    {
      cwd: `${folder}/${tree}`,
      env: { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch), ...env },
    },
  );
}

function digests(name: string): Record<string, string> {
  const files = readdirSync(`${folder}/${name}`);
  const sha256 = (file: string) =>
    createHash('sha256')
      .update(readFileSync(`${folder}/${name}/${file}`))
      .digest('hex');
  return Object.fromEntries(files.map((file) => [file, sha256(file)]));
}

it('builds a .deb, an .rpm and a tarball for each architecture, and leaves nothing else behind', () => {
  const names = (['x64', 'arm64'] as const).flatMap((architecture) =>
    (['deb', 'rpm', 'tar'] as const).map((format) => artifactName(release, format, architecture)),
  );
  expect(readdirSync(`${folder}/one`).sort()).toEqual(names.sort());
});

it('gives the same bytes in another place, at another time of day, under another umask', () => {
  build('another-tree', 'two', { TZ: 'Pacific/Auckland', LC_ALL: 'C', UMASK: '077' });
  expect(digests('two')).toEqual(digests('one'));
});

describe.each(['x64', 'arm64'] as const)('for %s', (architecture) => {
  const { deb, rpm, elfMachine } = architectures[architecture];

  it('the .deb and the .rpm say so, and hold the same files', () => {
    const field = execFileSync('dpkg-deb', ['-f', built('deb', architecture), 'Architecture']);
    expect(field.toString().trim()).toBe(deb);
    const query = (...args: string[]) =>
      execFileSync('rpm', ['-qp', ...args, built('rpm', architecture)], { encoding: 'utf8' });
    expect(query('--qf', '%{ARCH}')).toBe(rpm);
    const inRpm = query('--list').trim().split('\n');
    const inDeb = debFiles(built('deb', architecture));
    const moved = inDeb.map((path) => path.replace('vendor-completions', 'site-functions'));
    // The .deb names every folder on the way, the .rpm those of its own.
    expect(moved).toEqual(expect.arrayContaining(inRpm));
    expect(moved.filter((path) => !inRpm.includes(path) && path.includes('agent'))).toEqual([]);
  });

  it('Node is a program for it', () => {
    const name = artifactName(release, 'tar', architecture);
    const member = `${name.replace('.tar.gz', '')}/bin/node`;
    const elf = execFileSync('tar', ['-xzOf', built('tar', architecture), member], {
      maxBuffer: 2 ** 28,
    });
    expect(elf.readUInt16LE(18)).toBe(elfMachine);
  });
});

it('the tarball runs from wherever it is unpacked', () => {
  const at = mkdtempSync(join(folder, 'anywhere-'));
  execFileSync('tar', ['-xzf', built('tar'), '-C', at, '--strip-components=1']);
  const version = execFileSync(`${at}/bin/agent`, ['--version'], { encoding: 'utf8', env: {} });
  expect(version.trim()).toBe(release.version);
});

describe('installed into a bare Debian 12', () => {
  let roots: { roots: ThrowAwayRoot[]; clean: () => void };
  beforeAll(() => {
    roots = throwAwayRoots(2);
  });
  afterAll(() => roots?.clean());

  it('the .deb works with what is there, and purging it leaves nothing', () => {
    const root = roots.roots[0] as ThrowAwayRoot;
    const file = root.copyIn(built('deb'));
    const before = root.contents();

    expectDone(root.run('dpkg', '--install', file));
    expectWorking(root);
    expect(root.run('dpkg', '--verify', 'bootstrap-agent').stdout).toBe('');

    // Not after somebody's "no": an upgrade keeps it, a new installation starts anew.
    root.run('systemctl', 'disable', 'bootstrap-agent.service');
    expectDone(root.run('dpkg', '--install', file));
    expect(enabled(root)).toBe('disabled');
    expectDone(root.run('dpkg', '--remove', 'bootstrap-agent'));
    expect(added(before, root.contents())).toEqual([]);
    expectDone(root.run('dpkg', '--install', file));
    expect(enabled(root)).toBe('enabled');

    leaveTraces(root);
    expectDone(root.run('dpkg', '--purge', 'bootstrap-agent'));
    expectOnlyTheirs(root, before);
  });

  it('the .rpm does the same', () => {
    const root = roots.roots[1] as ThrowAwayRoot;
    const before = root.contents();
    // A Debian has no books of rpm: what the package needs is looked at in the test below.
    const rpm = (...args: string[]) =>
      expectDone(root.runOutside('rpm', '--root', root.path, '--nodeps', ...args));
    rpm('--install', built('rpm'));
    expectWorking(root);
    root.run('systemctl', 'disable', 'bootstrap-agent.service');
    rpm('--upgrade', '--force', built('rpm'));
    expect(enabled(root)).toBe('disabled');

    leaveTraces(root);
    rpm('--erase', 'bootstrap-agent');
    expectOnlyTheirs(root, before);
  });

  it('nothing is needed but a shell and the C and C++ libraries', () => {
    const needs = execFileSync('rpm', ['-qp', '--requires', built('rpm')], { encoding: 'utf8' });
    const other = needs
      .trim()
      .split('\n')
      .filter(
        (need) =>
          !/^(\/bin\/sh|rpmlib\(|rtld\(|ld-linux|lib(c|m|dl|pthread|gcc_s|stdc\+\+)\.so)/.test(
            need,
          ),
      );
    expect(other).toEqual([]);
  });
});

function debFiles(file: string): string[] {
  const archive = execFileSync('dpkg-deb', ['--fsys-tarfile', file], { maxBuffer: 2 ** 28 });
  const names = execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' });
  return names
    .trim()
    .split('\n')
    .map((name) => name.replace(/^\./, '').replace(/(?<=.)\/$/, ''));
}

function expectDone({ status, stdout, stderr }: Ran): void {
  expect(status, `${stdout}${stderr}`).toBe(0);
}

function enabled(root: ThrowAwayRoot): string {
  return root.run('systemctl', 'is-enabled', 'bootstrap-agent.service').stdout.trim();
}

function expectWorking(root: ThrowAwayRoot): void {
  expect(root.run('agent', '--version').stdout.trim()).toBe(release.version);
  expectDone(root.run('agent', 'dry-run'));
  const rehearsal = root.run('agent', 'rehearse');
  expectDone(rehearsal);
  expect(rehearsal.stdout + rehearsal.stderr).toContain('CONTINUE');
  expectDone(root.run('agent', 'validate', '/opt/bootstrap-agent/roles'));
  expect(enabled(root)).toBe('enabled');
  expectDone(root.run('systemd-analyze', 'verify', '--man=no', 'bootstrap-agent.service'));
  const there = root.contents();
  for (const folder of ['/etc/bootstrap-agent/roles/', '/var/lib/bootstrap-agent/']) {
    expect(there.includes(folder), folder).toBe(true);
  }
  expect(JSON.parse(root.read('/opt/bootstrap-agent/package.json')).type).toBe('module');
  const licence = root.read('/usr/share/doc/bootstrap-agent/copyright');
  expect(licence).toContain('Apache License');
}

/** What boots and people leave behind. */
function leaveTraces(root: ThrowAwayRoot): void {
  const script =
    'mkdir -p /var/cache/bootstrap-agent/sha256 /run/bootstrap-agent && echo x | tee /var/lib/bootstrap-agent/journal /var/cache/bootstrap-agent/sha256/x /run/bootstrap-agent/status /etc/bootstrap-agent/agent.yaml /etc/bootstrap-agent/roles/mine.yaml';
  expectDone(root.run('sh', '-c', script));
}

function expectOnlyTheirs(root: ThrowAwayRoot, before: readonly string[]): void {
  const after = root.contents();
  expect(added(before, after)).toEqual([
    '/etc/bootstrap-agent/',
    '/etc/bootstrap-agent/agent.yaml 2',
    '/etc/bootstrap-agent/roles/',
    '/etc/bootstrap-agent/roles/mine.yaml 2',
  ]);
  expect(added(after, before)).toEqual([]);
}

function added(before: readonly string[], after: readonly string[]): string[] {
  const known = new Set(before);
  return after.filter((line) => !known.has(line));
}
