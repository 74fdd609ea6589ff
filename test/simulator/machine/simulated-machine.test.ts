import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, fasterClock, systemClock } from '../../../src/clock.ts';
import { StepError } from '../../../src/errors.ts';
import type { MachineDescription } from '../../../src/simulator/machine/description.ts';
import {
  type SimulatedMachine,
  simulatedMachine,
} from '../../../src/simulator/machine/simulated-machine.ts';

let base: string;
let machine: SimulatedMachine;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'machine-'));
});
afterEach(async () => {
  await machine?.close();
  await rm(base, { recursive: true, force: true });
});

async function make(
  description: Partial<MachineDescription> = {},
  clock: Clock = fasterClock(1000),
) {
  machine = await simulatedMachine({
    root: join(base, 'machine'),
    clock,
    description: {
      distribution: 'debian',
      vcpus: 8,
      memory_mib: 31_000,
      architecture: 'arm64',
      ...description,
    },
  });
  return machine;
}
const run = (...argv: [string, ...string[]]) => machine.run(argv);
const unit = '[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n';
const withShop = { '/etc/systemd/system/shop.service': unit };

describe('a simulated machine', () => {
  it('is what its description says, and stays below its root', async () => {
    await make({ files: { '/etc/motd': 'hello\n' }, sysctl: { 'vm.swappiness': null, 'a.b': 3 } });
    expect(await machine.hardware()).toMatchObject({
      vcpus: 8,
      memoryMib: 31_000,
      architecture: 'arm64',
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(await readFile(join(base, 'machine/etc/motd'), 'utf8')).toBe('hello\n');
    expect(String(await machine.files.read('/proc/sys/a/b'))).toBe('3\n');
    expect(await machine.files.stat('/proc/sys/vm/swappiness')).toBeUndefined();
    await machine.files.write('/../../etc/x', '');
    expect((await readdir(base)).sort()).toEqual(['machine', 'machine.ownership']);
  });

  it('is the same in the same boot for the next agent', async () => {
    await make({ files: { '/a': '1' } });
    const { bootId } = await machine.hardware();
    await machine.files.write('/a', '2', { owner: 'daemon', mode: 0o600 });
    await machine.close();
    await make({ files: { '/a': '1' } });
    expect((await machine.hardware()).bootId).toBe(bootId);
    expect(String(await machine.files.read('/a'))).toBe('2');
    expect(await machine.files.stat('/a')).toMatchObject({ owner: 'daemon', mode: 0o600 });
  });

  it('plays the commands it is told to, and does nothing for others', async () => {
    await make({
      commands: [
        {
          match: 'sh -euc *migrate*',
          stdout: 'one\ntwo\n',
          creates: { '/done': 'yes' },
          takes_ms: 10,
        },
        { match: 'once', exit: 4, times: 1 },
      ],
    });
    const lines: string[] = [];
    expect(
      await machine.run(['sh', '-euc', 'cd /srv\nmigrate'], {
        user: 'daemon',
        onLine: (line) => lines.push(line),
      }),
    ).toMatchObject({ exitCode: 0, stdout: 'one\ntwo\n' });
    expect(lines).toEqual(['one', 'two']);
    expect(await machine.files.stat('/done')).toMatchObject({ owner: 'daemon' });
    expect((await run('once')).exitCode).toBe(4);
    expect(await run('once', 'or', 'twice')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'simulated: nothing done: once or twice\n',
      timedOut: false,
    });
    expect((await run('once')).exitCode).toBe(0);
    expect((await run('systemd-notify', '--ready')).stderr).toBe('');
    expect(machine.commands[1]).toEqual({ argv: ['once'], exitCode: 4 });
    await expect(machine.run(['true'], { user: 'nobody-here' })).rejects.toThrow(StepError);
  });

  it('ends a command that takes too long, or is aborted', async () => {
    await make({ commands: [{ match: 'slow', takes_ms: 3_600_000 }] }, fasterClock(100_000));
    expect(await machine.run(['slow'], { timeoutSeconds: 1 })).toMatchObject({
      timedOut: true,
      exitCode: 143,
    });
    await expect(
      machine.run(['slow'], { signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
  });

  it('has a disk that runs full and places that cannot be written', async () => {
    await make({ disk_bytes_free: 100, read_only: ['/opt'] });
    await machine.files.write('/a', 'x'.repeat(60));
    expect(await machine.files.freeBytes('/')).toBe(40);
    await expect(machine.files.write('/b', 'x'.repeat(41))).rejects.toThrow(
      /^cannot write \/b \(41 bytes\): no space left on the file system that holds it: 40 bytes free/,
    );
    await expect(machine.files.copy('/a', '/b')).rejects.toThrow('no space left');
    await machine.files.write('/run/big', 'x'.repeat(1000));
    const sink = await machine.files.openSink('/c');
    expect(() => sink.write(Buffer.alloc(41), 0)).toThrow('no space left');
    sink.write(Buffer.alloc(10), 0);
    sink.truncate(5);
    expect(sink.size).toBe(0);
    await sink.close();
    const tree = await machine.files.openTree('/t');
    tree.directory('d', 0o755);
    tree.file('d/f', 0o644, 3);
    tree.write(Buffer.from('abc'));
    tree.hardlink('d/g', 'd/f');
    tree.symlink('l', 'd');
    expect(() => tree.write(Buffer.alloc(41))).toThrow('no space left');
    await tree.finish({});
    await machine.files.settle('/t');
    expect(String(await machine.files.read('/t/l/g'))).toBe('abc');
    const abandoned = await machine.files.openTree('/u');
    abandoned.abandon();
    await machine.files.copy('/t/d/f', '/copied');
    await machine.files.rename('/copied', '/renamed');
    const read: string[] = [];
    for await (const block of machine.files.blocks('/renamed')) read.push(block.toString());
    expect(read).toEqual(['abc']);
    const log = await machine.files.openLog('/log');
    await log.close();
    await expect(machine.files.makeDirectory('/opt/x')).rejects.toThrow(
      'the file system is read-only',
    );
    await expect(machine.files.remove('/opt')).rejects.toThrow(StepError);
  });
});

describe('simulated services', () => {
  const answers = { '/health': { status: 200, body: 'fine' } };

  it('listen once they are ready, answer, and are gone when stopped', async () => {
    await make({
      files: withShop,
      services: {
        'shop.service': {
          listens: [{ port: 8080, answers }, { port: 9090, answers: 503 }, { port: 5432 }],
          ready_after_ms: 5000,
        },
      },
    });
    expect(await connects(8080)).toBe(false);
    expect((await run('systemctl', 'start', 'shop.service')).exitCode).toBe(0);
    await until(() => connects(5432));
    expect(await get(8080, '/health')).toEqual([200, 'fine']);
    expect(await get(8080, '/other?x=1')).toEqual([404, '']);
    expect(await get(9090, '/')).toEqual([503, '']);
    expect((await run('systemctl', 'stop', 'shop')).exitCode).toBe(0);
    expect(await connects(8080)).toBe(false);
    expect((await run('systemctl', 'is-active', 'shop')).stdout).toBe('inactive\n');
  });

  it('that are stopped before they are ready never listen', async () => {
    await make(
      {
        files: withShop,
        services: { 'shop.service': { listens: [{ port: 1234 }], ready_after_ms: 50 } },
      },
      systemClock,
    );
    await run('systemctl', 'start', 'shop');
    await run('systemctl', 'stop', 'shop');
    await systemClock.sleep(80);
    expect(await connects(1234)).toBe(false);
  });

  it('fail after a while when they are to', async () => {
    await make({
      files: withShop,
      services: { 'shop.service': { listens: [{ port: 80 }], fails: 'after 2000 ms' } },
    });
    await run('systemctl', 'restart', 'shop');
    await until(async () => (await run('systemctl', 'is-active', 'shop')).stdout === 'failed\n');
    expect(await connects(80)).toBe(false);
    const { stdout } = await run('systemctl', 'show', '--property=Result,ExecMainStatus', 'shop');
    expect(stdout).toBe('Result=exit-code\nExecMainStatus=1\n');
    expect((await run('journalctl', '-u', 'shop.service', '-n', '1')).stdout).toBe(
      'simulated: shop.service exited with status 1\n',
    );
    await run('systemctl', 'reset-failed', 'shop');
    expect((await run('systemctl', 'show', 'shop')).stdout).toContain('ActiveState=inactive\n');
  });

  it('are loaded once, until a reload', async () => {
    await make({ files: withShop });
    const reload = async () =>
      (await run('systemctl', 'show', '--property=NeedDaemonReload', 'shop')).stdout.trim();
    expect(await reload()).toBe('NeedDaemonReload=no');
    const dropIn = '/etc/systemd/system/shop.service.d/a.conf';
    await machine.files.write(dropIn, '[Service]\nNice=1\n');
    expect(await reload()).toBe('NeedDaemonReload=no');
    await run('systemctl', 'daemon-reload');
    await machine.files.write(dropIn, '[Service]\nNice=2\n');
    expect(await reload()).toBe('NeedDaemonReload=yes');
    await run('systemctl', 'daemon-reload');
    expect(await reload()).toBe('NeedDaemonReload=no');
  });

  it('are enabled by symlinks, where they can be', async () => {
    await make({ files: { ...withShop, '/usr/lib/systemd/system/static.service': '[Service]\n' } });
    const link = '/etc/systemd/system/multi-user.target.wants/shop.service';
    await run('systemctl', 'enable', 'shop');
    expect(await machine.files.stat(link)).toMatchObject({
      target: '/etc/systemd/system/shop.service',
    });
    await run('systemctl', 'disable', 'shop');
    expect(await machine.files.stat(link)).toBeUndefined();
    expect((await run('systemctl', 'enable', 'static')).stderr).toMatch(/no installation config/);
    expect((await run('systemctl', 'start', 'none')).exitCode).toBe(5);
    expect((await run('systemctl', 'dance', 'shop')).exitCode).toBe(1);
  });
});

describe('simulated accounts and packages', () => {
  it('answer as the real programs do when asked for what is not there', async () => {
    await make({
      packages: { repository: { a: { version: '2-1', units: { 'a.service': unit } } } },
    });
    expect((await run('getent', 'passwd', 'nobody')).stdout).toMatch(/^nobody:x:65534:/);
    expect((await run('getent', 'passwd')).stdout.split('\n').length).toBeGreaterThan(3);
    expect((await run('getent', 'group', 'none')).exitCode).toBe(2);
    expect((await run('groupadd', 'root')).exitCode).toBe(9);
    expect((await run('useradd', '--gid', 'root', 'root')).exitCode).toBe(9);
    expect((await run('useradd', '--gid', 'none', 'x')).exitCode).toBe(6);
    expect((await run('useradd', '--gid', 'root', '--uid', '0', 'x')).exitCode).toBe(4);
    expect((await run('useradd', '--gid', 'root', '--groups', 'none', 'x')).exitCode).toBe(6);
    expect((await run('usermod', '--gid', 'none', 'x')).exitCode).toBe(6);
    expect((await run('usermod', 'none')).exitCode).toBe(6);
    expect((await run('apt-get', 'dance')).exitCode).toBe(100);
    expect((await run('apt-get', 'install', '-y', 'a=3')).stderr).toBe(
      "E: Version '3' for 'a' was not found\n",
    );
    expect((await run('dpkg', '--dance')).exitCode).toBe(2);
    expect((await run('hostnamectl', 'status')).exitCode).toBe(1);
    await run('apt-get', 'install', '-y', 'a');
    expect((await run('systemctl', 'is-active', 'a')).stdout).toBe('active\n');
    await run('apt-get', 'remove', 'a');
    expect((await run('systemctl', 'start', 'a')).exitCode).toBe(5);
  });

  it('of Amazon Linux are installed by name and version', async () => {
    await make({
      distribution: 'amazon-linux',
      packages: { repository: { 'php8-fpm': { version: '8.2-3' }, b: {} } },
    });
    expect((await run('dnf', 'dance')).exitCode).toBe(1);
    expect((await run('dnf', 'install', '-y', 'php8-fpm-9')).exitCode).toBe(1);
    expect((await run('dnf', 'install', '-y', 'php8-fpm-8.2')).exitCode).toBe(0);
    expect((await run('rpm', '-q', 'php8-fpm', 'b')).stdout).toBe(
      'php8-fpm\t8.2\t8.2-3\npackage b is not installed\n',
    );
    expect((await run('modprobe', 'none')).exitCode).toBe(1);
  });
});

function connects(port: number): Promise<boolean> {
  const at = machine.reach(port);
  return new Promise((resolve) => {
    const socket = createConnection(at.port, at.host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function get(port: number, path: string): Promise<[number, string]> {
  const at = machine.reach(port);
  const response = await fetch(`http://${at.host}:${at.port}${path}`);
  return [response.status, await response.text()];
}

/** Waits for what comes in its own time; a thing that never comes fails the test by its time limit. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(5);
}
