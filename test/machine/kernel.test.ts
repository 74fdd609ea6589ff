import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { StatusRecord } from '../../src/engine/status.ts';
import { type Instance, instancesOfThisFile, unit } from './instances.ts';
import { bakePlainRole } from './plain.ts';
import { virtualMachinesOf } from './vm/launch.ts';

const launch = virtualMachinesOf(instancesOfThisFile());
const patience = 1_800_000;

const shipped = (name: string) => parse(readFileSync(`roles/${name}.yaml`, 'utf8')) as Tuning;

interface Tuning {
  readonly kernel_modules: Readonly<Record<string, { options?: Readonly<Record<string, number>> }>>;
  readonly sysctl: Readonly<Record<string, string | number>>;
}

/** Huge pages as the role tomcat has them: a file for every boot, and a command for the first. */
const hugePages = '/sys/kernel/mm/transparent_hugepage/enabled';
const [hugePagesFile, hugePagesCommand] = ['/etc/tmpfiles.d/60-huge-pages.conf', 'huge_pages'];
const { files, commands } = parse(readFileSync('roles/tomcat.yaml', 'utf8')) as {
  readonly files: Readonly<Record<string, unknown>>;
  readonly commands: Readonly<Record<string, unknown>>;
};
const hugePagesOfTomcat = {
  files: { [hugePagesFile]: files[hugePagesFile] },
  commands: { [hugePagesCommand]: commands[hugePagesCommand] },
};

/** What the shipped roles tune, all of it at once, and what a node with a firewall and containers would add. */
const ours: Tuning = {
  kernel_modules: {
    nf_conntrack: { options: { hashsize: 65_536 } },
    br_netfilter: {},
    // systemd brings a file of its own that says 0, and the kernel does not show the option: only the devices tell.
    dummy: { options: { numdummies: 2 } },
    // Built into this kernel: no file in modprobe.d reaches it. The value is the one that AWS recommends for EBS.
    nvme_core: { options: { io_timeout: 4_294_967_295 } },
  },
  sysctl: {
    'net.netfilter.nf_conntrack_max': 262_144,
    'net.netfilter.nf_conntrack_tcp_timeout_established': 86_400,
    'net.bridge.bridge-nf-call-iptables': 1,
    'net.ipv4.conf.all.rp_filter': 2,
    'net.core.rmem_max': 16_777_216,
    'vm.overcommit_memory': 1,
    'vm.max_map_count': 262_144,
    'vm.nr_hugepages': 16,
    'vm.dirty_background_bytes': 67_108_864,
    'fs.inotify.max_user_watches': 524_288,
    'fs.aio-max-nr': 1_048_576,
    'kernel.pid_max': 4_194_304,
  },
};
const all: Tuning = ['erlang', 'php', 'tomcat']
  .map(shipped)
  .reduce(over, over(shipped('base'), ours));

function over(under: Tuning, { kernel_modules, sysctl }: Tuning): Tuning {
  return {
    kernel_modules: { ...under.kernel_modules, ...kernel_modules },
    sysctl: { ...under.sysctl, ...sysctl },
  };
}

const limits = ['LimitNOFILE=1048576', 'MemoryMax=300M', 'TasksMax=100', 'OOMScoreAdjust=-500'];

test(
  'a kernel of its own: modules with options, parameters, limits; set by systemd after a reboot',
  async () => {
    const node = await launch('virtual');
    bakeTuned(node, all);
    await node.powerOn();
    expect(await node.say('systemd-detect-virt')).toBe('amazon');
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    expect((await node.books('shop-tomcat')).state).toBe('InService');
    const changed = (await node.lastRecord()).steps.filter(({ outcome }) => outcome === 'changed');
    expect(changed.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'kernel-modules',
        'sysctl',
        // Debian's kernel gives them to everybody: it was the agent that wrote.
        `command:${hugePagesCommand}`,
        'service:plain',
      ]),
    );
    await expectTuned(node);

    await node.reboot();
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    await expectTuned(node);
    // Nothing was left to do for the agent: systemd had set them.
    const { steps } = await node.lastRecord();
    const outcomes = Object.fromEntries(steps.map(({ id, outcome }) => [id, outcome]));
    expect(outcomes).toMatchObject({
      sysctl: 'unchanged',
      [`command:${hugePagesCommand}`]: 'unchanged',
      // The option of what is built in is lost with the power, and no file of systemd's brings it back (docs/operations.md).
      'kernel-modules': 'changed',
    });
    const early = [
      'systemd-sysctl.service',
      'systemd-modules-load.service',
      'systemd-tmpfiles-setup.service',
    ];
    for (const one of early) {
      expect((await node.properties(one)).Result).toBe('success');
      const said = await node.say('journalctl', '-b', '-u', one, '-p', 'warning', '-o', 'cat');
      expect(said).not.toMatch(/Couldn't|Failed/);
    }
    expect(await node.say('systemctl', 'list-units', '--failed', '--quiet')).toBe('');

    // The same machine, told what its kernel cannot do.
    const sysctl = (key: string, value: number): Tuning => ({
      kernel_modules: {},
      sysctl: { [key]: value },
    });
    const wrong: readonly [Tuning, RegExp][] = [
      [
        sysctl('vm.swappiness', 900),
        /wanted sysctl vm\.swappiness = 900, found 1, and the kernel refused the change: the value was refused \(EINVAL\): .*Correct it in the role/,
      ],
      [
        sysctl('vm.swapiness', 10),
        /wanted sysctl vm\.swapiness = 10, but this kernel has no such key/,
      ],
      [
        { kernel_modules: { tcp_bbrr: {} }, sysctl: {} },
        /cannot load kernel module tcp_bbrr: exit code 1:\s+modprobe: FATAL: Module tcp_bbrr not found/,
      ],
      [
        { kernel_modules: { nf_conntrack: { options: { tstamp: 7 } } }, sysctl: {} },
        /wanted kernel module nf_conntrack with tstamp=7, found N; .*the kernel does not take this value/,
      ],
    ];
    for (const [tuning, message] of wrong) {
      await node.say('sh', '-c', `cat > ${rolePath} <<'ROLE'\n${roleOf(tuning)}ROLE`);
      await node.run('systemctl', 'reset-failed', unit);
      expect((await node.run('systemctl', 'restart', unit)).code).not.toBe(0);
      const properties = await node.booted();
      expect(properties).toMatchObject({ Result: 'exit-code', ExecMainStatus: '1' });
      expect((await node.lastRecord()).verdict?.because).toMatch(message);
    }
  },
  patience,
);

test(
  'a true power cut in the middle of the first boot: the next one ends as wanted',
  async () => {
    const node = await launch('virtual');
    bakeTuned(node, all);
    await node.powerOn();
    await node.until('the agent has changed something', async () => {
      const { code, stdout } = await node.run('cat', '/run/bootstrap-agent/status.json');
      if (code !== 0) return false;
      const { state, steps } = JSON.parse(stdout) as StatusRecord;
      return steps.changed >= 1 || state === 'done';
    });
    await node.cutPower();
    await node.powerOn();
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    const { state, completions } = await node.books('shop-tomcat');
    expect(state).toBe('InService');
    expect(completions.filter((status) => status === 200)).toEqual([200]);
    await expectTuned(node);
    // The journal of the boot that was cut is on the disk, beside that of the one that was not.
    const journals = await node.say('sh', '-c', 'ls /var/lib/bootstrap-agent/journal/*/*.jsonl');
    expect(journals.split('\n')).toHaveLength(2);
  },
  patience,
);

async function expectTuned(node: Instance): Promise<void> {
  const keys = Object.keys(all.sysctl);
  const values = (await node.say('sysctl', '-n', ...keys)).split('\n');
  const found = keys.map((key, index) => [key, (values[index] ?? '').replaceAll('\t', ' ')]);
  const wanted = keys.map((key) => [key, String(all.sysctl[key])]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));

  for (const name of Object.keys(all.kernel_modules))
    await node.say('test', '-d', `/sys/module/${name}`);
  const parameter = (path: string) => node.say('cat', `/sys/module/${path}`);
  expect(await parameter('nf_conntrack/parameters/hashsize')).toBe('65536');
  expect(await parameter('nvme_core/parameters/io_timeout')).toBe('4294967295');
  await node.say('test', '-d', '/sys/class/net/dummy1');
  expect(await node.say('grep', 'HugePages_Total', '/proc/meminfo')).toMatch(/ 16$/);
  expect(await node.say('cat', hugePages)).toBe('always [madvise] never');

  const file = (path: string) => node.say('cat', `/etc/${path}`);
  expect(await file('modules-load.d/bootstrap-agent.conf')).toMatch(/^tcp_bbr$/m);
  expect(await file('modprobe.d/zz-bootstrap-agent.conf')).toMatch(
    /^options nf_conntrack hashsize=65536$/m,
  );
  const dropIn = await node.say('cat', '/etc/sysctl.d/60-bootstrap-agent.conf');
  expect(dropIn.match(/ = /g)).toHaveLength(keys.length);

  const { MainPID = '', ControlGroup = '' } = await node.properties('plain.service');
  const process = await node.say(
    'cat',
    `/proc/${MainPID}/limits`,
    `/proc/${MainPID}/oom_score_adj`,
  );
  expect(process).toMatch(/^Max open files +1048576 +1048576 /m);
  expect(process).toMatch(/^-500$/m);
  const group = (name: string) => node.say('cat', `/sys/fs/cgroup${ControlGroup}/${name}`);
  expect(await group('memory.max')).toBe(String(300 * 1024 ** 2));
  expect(await group('pids.max')).toBe('100');
  expect(await node.drifting()).toEqual([]);
}

const rolePath = '/etc/bootstrap-agent/roles/plain.yaml';

function bakeTuned(node: Instance, tuning: Tuning): void {
  const role = inYaml({ ...tuning, ...hugePagesOfTomcat });
  bakePlainRole(node, { role, service: limits, deadline: 240 });
}

/** A role of the class that only tunes. */
function roleOf(tuning: Tuning): string {
  return `description: A kernel told what it cannot do.\n${inYaml({ ...tuning })}`;
}

/** JSON is YAML. */
function inYaml(sections: Readonly<Record<string, unknown>>): string {
  return Object.entries({ extends: 'base', ...sections })
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
}
