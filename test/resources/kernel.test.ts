import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { StepError } from '../../src/errors.ts';
import { fileError } from '../../src/host/file-errors.ts';
import { runProgram } from '../../src/host/programs.ts';
import { hostname } from '../../src/resources/hostname.ts';
import { kernelModule } from '../../src/resources/kernel-module/kernel-module.ts';
import type { HostnameStep, KernelModuleStep, SysctlStep } from '../../src/resources/step.ts';
import { moduleBehind, sysctlPath } from '../../src/resources/sysctl/key.ts';
import { sysctl } from '../../src/resources/sysctl/sysctl.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
afterEach(() => trial.close());

const dropIn = '/etc/sysctl.d/60-bootstrap-agent.conf';
function settings(values: Record<string, string>): SysctlStep {
  return { ...alone, kind: 'sysctl', id: 'sysctl', settings: values };
}

describe('kernel parameters', () => {
  it('are set, read back and persisted, sorted', async () => {
    trial = await Trial.on();
    const drift = await trial.bring(
      sysctl,
      settings({ 'vm.swappiness': '10', 'net.ipv4.ip_local_port_range': '1024 65535' }),
    );
    expect(drift.differences.slice(0, 2)).toEqual([
      { aspect: 'vm.swappiness', found: '60', wanted: '10' },
      { aspect: 'net.ipv4.ip_local_port_range', found: '32768 60999', wanted: '1024 65535' },
    ]);
    expect(await trial.read('/proc/sys/net/ipv4/ip_local_port_range')).toBe('1024\t65535\n');
    expect(await trial.read(dropIn)).toBe(
      '# Written by bootstrap-agent from the role of this node: change the role instead.\n' +
        'net.ipv4.ip_local_port_range = 1024 65535\nvm.swappiness = 10\n',
    );
    expect(trial.lines).toEqual([]);
  });

  it('that another drop-in overrides are told with file and line, and are set all the same', async () => {
    trial = await Trial.on({
      files: {
        '/etc/sysctl.d/50-early.conf': 'vm.swappiness = 1\n',
        '/etc/sysctl.d/70-late.conf': '# tuning\n-vm.swappiness=30\n',
        '/usr/lib/sysctl.d/70-late.conf': 'vm.swappiness = 99\n',
        '/usr/lib/sysctl.d/90-glob.conf':
          'net.ipv4.conf.*.rp_filter = 1\nnet.core.somaxconn = 512\n',
        '/etc/sysctl.conf': '; last\nvm.dirty_ratio = 5\n',
        '/etc/sysctl.d/README': 'vm.swappiness = 7\n',
      },
      sysctl: { 'net.ipv4.conf.eth0.rp_filter': 0, 'vm.dirty_ratio': 5 },
    });
    const step = settings({
      'vm.swappiness': '10',
      'net.core.somaxconn': '512',
      'net.ipv4.conf.eth0.rp_filter': '2',
      'vm.dirty_ratio': '15',
    });
    const drift = await trial.bring(sysctl, step);
    expect(drift.differences.map(({ wanted }) => wanted).slice(0, 4)).toEqual([
      '10 (/etc/sysctl.d/70-late.conf line 2 sets 30 at boot, after ours)',
      '512',
      '2 (/usr/lib/sysctl.d/90-glob.conf line 1 sets 1 at boot, after ours)',
      '15 (/etc/sysctl.conf line 2 sets 5 at boot, after ours)',
    ]);
    expect(trial.lines[0]).toBe(
      'warning: vm.swappiness: /etc/sysctl.d/70-late.conf line 2 sets 30 at boot, after ours',
    );
  });

  it('of /etc/sysctl.conf are counted once where Debian links to it', async () => {
    trial = await Trial.on({ files: { '/etc/sysctl.conf': 'vm.swappiness = 5\n' } });
    await trial.machine.files.link('/etc/sysctl.d/99-sysctl.conf', '../sysctl.conf');
    await trial.bring(sysctl, settings({ 'vm.swappiness': '10' }));
    expect(new Set(trial.lines)).toEqual(
      new Set([
        'warning: vm.swappiness: /etc/sysctl.d/99-sysctl.conf line 1 sets 5 at boot, after ours',
      ]),
    );
  });

  it.each([
    [
      { 'vm.swapiness': '10' },
      /^wanted sysctl vm\.swapiness = 10, but this kernel has no such key \(\/proc\/sys\/vm\/swapiness\); correct the key in the role$/,
    ],
    [
      { 'net.netfilter.nf_conntrack_max': '9' },
      /no such key .*is the kernel module missing \(nf_conntrack; kernel_modules in the role\)\?$/,
    ],
    [{ 'net.ipv4': '1' }, /this kernel has no such key/],
    [
      { 'kernel.pid_max': '4194305' },
      /^wanted sysctl kernel\.pid_max = 4194305, but after writing it the kernel has 4194304: it bounds or rounds/,
    ],
    [
      { 'kernel.modules_disabled': '1' },
      /^wanted sysctl kernel\.modules_disabled = 1, found 0, and the kernel refused the change: permission denied \(EACCES\)/,
    ],
    [
      { 'net.ipv4.tcp_congestion_control': 'bbr' },
      /found cubic, and the kernel refused the change: this kernel knows nothing named bbr \(ENOENT\): is its kernel module missing \(tcp_bbr\)\? Name it under kernel_modules in the role/,
    ],
  ])('%o is refused by name', async (values, words) => {
    trial = await Trial.on({
      sysctl: {
        'kernel.pid_max': { value: 32768, clamp: { min: 301, max: 4194304 } },
        'kernel.modules_disabled': { value: 0, readonly: true },
        'net.ipv4.tcp_congestion_control': { value: 'cubic', known: ['reno', 'cubic'] },
      },
    });
    const error = await trial.failure(sysctl, settings(values));
    expect(error).toBeInstanceOf(StepError);
    expect(error.message).toMatch(words);
    expect(await trial.read(dropIn)).toBeUndefined();
  });

  it.each([
    [
      'EACCES',
      /permission denied \(EACCES\): only root of the machine may write \/proc\/sys\/vm\//,
    ],
    ['EPERM', /not permitted \(EPERM\): .*locked.*"systemctl cat bootstrap-agent".*the role$/],
    ['EINVAL', /value was refused \(EINVAL\): it is out of range.*Correct it in the role; https/],
    ['ERANGE', /it is out of range.*Correct it in the role/],
    ['ENOENT', /knows nothing named 900 \(ENOENT\): correct the value in the role$/],
    ['EROFS', /\/proc\/sys is mounted read-only \(EROFS\).*ProtectKernelTunables=/],
    ['EIO', /: cannot write \/proc\/sys\/vm\/swappiness: the disk reported/],
  ])('that the kernel refuses with %s: what that means, and what to do', async (code, words) => {
    trial = await Trial.on();
    const path = '/proc/sys/vm/swappiness';
    trial.machine.files.poke = async () => {
      throw fileError(Object.assign(new Error(code), { code }), 'write', path, path);
    };
    const { message } = await trial.failure(sysctl, settings({ 'vm.swappiness': '900' }));
    expect(message).toMatch(
      /^wanted sysctl vm\.swappiness = 900, found 60, and the kernel refused the change: /,
    );
    expect(message).toMatch(words);
    expect(message.length).toBeLessThan(480);
  });

  it('that the kernel only shows, or only takes, are told to be no settings', async () => {
    trial = await Trial.on({
      sysctl: { 'fs.file-nr': { value: 5, readonly: true }, 'vm.drop_caches': 0 },
    });
    await chmod(join(trial.root, '/proc/sys/fs/file-nr'), 0o444);
    expect((await trial.failure(sysctl, settings({ 'fs.file-nr': '6' }))).message).toMatch(
      /this kernel only shows \/proc\/sys\/fs\/file-nr and lets nobody set it\. Take the key out of the role/,
    );
    await chmod(join(trial.root, '/proc/sys/vm/drop_caches'), 0o200);
    await expect(trial.check(sysctl, settings({ 'vm.drop_caches': '3' }))).rejects.toThrow(
      /^sysctl vm\.drop_caches is no setting: .* may be written and never read/,
    );
  });

  it('are named with dots or slashes', async () => {
    trial = await Trial.on({ sysctl: { 'net/ipv4/conf/eth0.1/rp_filter': 0 } });
    expect(sysctlPath('net.ipv4.ip_forward')).toBe('/proc/sys/net/ipv4/ip_forward');
    expect(sysctlPath('net/ipv4/conf/eth0.1/rp_filter')).toBe(
      '/proc/sys/net/ipv4/conf/eth0.1/rp_filter',
    );
    expect(sysctlPath('net.ipv4.conf.eth0/1.rp_filter')).toBe(
      '/proc/sys/net/ipv4/conf/eth0.1/rp_filter',
    );
    expect(moduleBehind(sysctlPath('net.bridge.bridge-nf-call-iptables'), '1')).toBe(
      'br_netfilter',
    );
    expect(moduleBehind(sysctlPath('vm.swappiness'), '1')).toBeUndefined();
    await trial.bring(sysctl, settings({ 'net/ipv4/conf/eth0.1/rp_filter': '2' }));
  });
});

describe('kernel modules', () => {
  const modules = (...list: KernelModuleStep['modules'][number][]): KernelModuleStep => ({
    ...alone,
    kind: 'kernel-module',
    id: 'kernel-modules',
    modules: list,
  });

  it('are loaded with options and persisted; those built in need no loading', async () => {
    trial = await Trial.on({
      kernel_modules: { available: ['nf_conntrack', 'tcp-bbr'], builtin: ['ipv6'] },
    });
    const drift = await trial.bring(
      kernelModule,
      modules(
        { name: 'tcp_bbr', options: {} },
        { name: 'nf_conntrack', options: { hashsize: '65536', acct: '1' } },
        { name: 'ipv6', options: {} },
      ),
    );
    expect(drift.differences.map(({ aspect }) => aspect)).toEqual([
      'tcp_bbr',
      'nf_conntrack',
      // In the order in which they are written: never a module to load without its options.
      '/etc/modprobe.d/zz-bootstrap-agent.conf',
      '/etc/modules-load.d/bootstrap-agent.conf',
    ]);
    expect(trial.ran).toEqual(['modprobe tcp_bbr', 'modprobe nf_conntrack hashsize=65536 acct=1']);
    expect(await trial.read('/etc/modules-load.d/bootstrap-agent.conf')).toMatch(
      /\nipv6\nnf_conntrack\ntcp_bbr\n$/,
    );
    expect(await trial.read('/etc/modprobe.d/zz-bootstrap-agent.conf')).toMatch(
      /\noptions nf_conntrack hashsize=65536 acct=1\n$/,
    );
  });

  it('may show a bool as Y where 1 was asked for, or not show an option at all', async () => {
    trial = await Trial.on({
      files: { '/sys/module/nf_conntrack/parameters/acct': 'Y\n' },
    });
    await trial.bring(
      kernelModule,
      modules({ name: 'nf-conntrack', options: { acct: '1', hidden: '7' } }),
    );
    expect(trial.ran).toEqual([]);
  });

  it('get an option that may be written while they run, loaded or built in', async () => {
    trial = await Trial.on({
      files: {
        '/sys/module/nvme_core/parameters/io_timeout': '30\n',
        '/sys/module/nf_conntrack/parameters/acct': 'N\n',
      },
      kernel_modules: { builtin: ['nvme_core'] },
    });
    const step = modules(
      { name: 'nvme_core', options: { io_timeout: '4294967295' } },
      { name: 'nf_conntrack', options: { acct: '1' } },
    );
    expect((await trial.check(kernelModule, step))?.differences.slice(0, 2)).toEqual([
      { aspect: 'nvme_core.io_timeout', found: '30', wanted: '4294967295' },
      { aspect: 'nf_conntrack.acct', found: 'N', wanted: '1' },
    ]);
    await trial.bring(kernelModule, step);
    expect(await trial.read('/sys/module/nvme_core/parameters/io_timeout')).toBe('4294967295\n');
    expect(trial.ran).toEqual([]);
  });

  it('that keep another option are an error in words, which says where it can be changed', async () => {
    const zram = '/sys/module/zram/parameters/num_devices';
    const random = '/sys/module/random/parameters/ratelimit_disable';
    trial = await Trial.on({
      files: { [zram]: '1\n', [random]: 'N\n' },
      kernel_modules: { builtin: ['random'] },
    });
    for (const path of [zram, random]) await chmod(join(trial.root, path), 0o444);
    const loaded = modules({ name: 'zram', options: { num_devices: '4' } });
    expect((await trial.failure(kernelModule, loaded)).message).toMatch(
      /^wanted kernel module zram with num_devices=4, found 1: it is loaded already and keeps its options/,
    );
    const builtIn = modules({ name: 'random', options: { ratelimit_disable: '1' } });
    expect((await trial.failure(kernelModule, builtIn)).message).toMatch(
      /found N: it is built into this kernel, where modprobe\.d does not reach it\. Put random\.ratelimit_disable=1 on the kernel command line/,
    );
  });

  it('that are not there are named with what modprobe said', async () => {
    trial = await Trial.on();
    const error = await trial.failure(kernelModule, modules({ name: 'tcp_bbrr', options: {} }));
    expect(error.message).toMatch(
      /^cannot load kernel module tcp_bbrr: exit code 1:\n {2}modprobe: FATAL: Module tcp_bbrr not found/,
    );
    expect(error.message).toMatch(
      /The running kernel has none of this name\. Correct kernel_modules in the role/,
    );
  });

  it.each([
    [
      'FATAL: Module x not found in directory /lib/modules/5.0-gone',
      /\/lib\/modules\/5\.0-gone is not there: the modules of the running kernel are not installed/,
    ],
    ["ERROR: could not insert 'x': Invalid argument", /does not take its options/],
    ["ERROR: could not insert 'x': Operation not permitted", /kernel\.modules_disabled is 1/],
    ["ERROR: could not insert 'x': Key was rejected by service", /Secure Boot/],
    ["ERROR: could not insert 'x': No such device", /a device that this instance does not have/],
    ["ERROR: could not insert 'x': Exec format error", /built for another kernel/],
    ["ERROR: could not insert 'x': Bad address", /"journalctl -k" may say more/],
  ])('that do not load (%s) are told with what to do', async (said, words) => {
    trial = await Trial.on({
      commands: [{ match: 'modprobe *', exit: 1, stderr: `modprobe: ${said}\n` }],
    });
    const { message } = await trial.failure(kernelModule, modules({ name: 'x', options: {} }));
    expect(message).toContain(`cannot load kernel module x: exit code 1:\n  modprobe: ${said}\n`);
    expect(message).toMatch(words);
  });

  it('cannot be loaded where there is no modprobe: its package is named', async () => {
    trial = await Trial.on();
    trial.machine.run = (argv) => runProgram(argv, { env: { PATH: '/nowhere' } });
    const { message } = await trial.failure(kernelModule, modules({ name: 'x', options: {} }));
    expect(message).toBe(
      'cannot load kernel module x: cannot run modprobe: it is not in /nowhere. It is in the package kmod: put that into the image, or take kernel_modules out of the role',
    );
  });

  it('bring the parameters they stand for', async () => {
    trial = await Trial.on({
      kernel_modules: {
        available: [{ name: 'nf_conntrack', sysctl: { 'net.netfilter.nf_conntrack_max': 65536 } }],
      },
    });
    await trial.bring(kernelModule, modules({ name: 'nf_conntrack', options: {} }));
    await trial.bring(sysctl, settings({ 'net.netfilter.nf_conntrack_max': '262144' }));
  });
});

describe('the host name', () => {
  const step: HostnameStep = { ...alone, kind: 'hostname', id: 'hostname', hostname: 'shop-1' };

  it('is set by hostnamectl', async () => {
    trial = await Trial.on();
    const drift = await trial.bring(hostname, step);
    expect(drift.differences).toEqual([
      { aspect: 'running', found: 'localhost', wanted: 'shop-1' },
      { aspect: '/etc/hostname', found: 'localhost', wanted: 'shop-1' },
    ]);
    expect(trial.ran[0]).toBe('hostnamectl set-hostname shop-1');
  });

  it.each([
    ['there is no hostnamectl', '/usr/bin/hostnamectl'],
    ['nobody listens to it yet', '/run/dbus/system_bus_socket'],
  ])('is written where %s', async (_where, missing) => {
    trial = await Trial.on();
    await trial.machine.files.remove(missing);
    await trial.machine.files.remove('/etc/hostname');
    await trial.bring(hostname, step);
    expect(trial.ran).toEqual([]);
    expect(await trial.read('/etc/hostname')).toBe('shop-1\n');
  });

  it('that cannot be set is told with what was said', async () => {
    trial = await Trial.on({
      commands: [{ match: 'hostnamectl *', exit: 1, stderr: 'Failed to connect to bus\n' }],
    });
    expect((await trial.failure(hostname, step)).message).toBe(
      'cannot set the host name shop-1: exit code 1:\n  Failed to connect to bus',
    );
  });
});
