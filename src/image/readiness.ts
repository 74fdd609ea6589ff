/** Readiness: whether `agent boot` would start on the next start of this machine. Everything that keeps it from that, at once. */
import { messageOf } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { hostKeysUnit, needsHostKeys } from './seal/host-keys.ts';

const unit = 'bootstrap-agent.service';
const home = '/opt/bootstrap-agent';
/** Journal, records, secrets and an unpacked release must find room; less than this holds none of them. Bytes. */
const leastFree = 64 * 1024 * 1024;

type Check = (host: Host) => Promise<readonly string[]>;

/** One sentence a fault, each with what to do; empty where it would start. Changes nothing. */
export async function startFaults(host: Host): Promise<string[]> {
  const found: string[] = [];
  for (const check of checks) found.push(...(await check(host)));
  return found;
}

/** Works without a running systemd as well: systemctl then reads the files itself. */
const isEnabled: Check = async ({ run }) => {
  const { stdout, stderr, exitCode } = await run(['systemctl', 'is-enabled', unit]);
  if (exitCode === 0) return [];
  const state = stdout.trim();
  if (state === '') return [`${unit} is not there (${stderr.trim()}): install the package`];
  const remedy = state.startsWith('masked') ? 'unmask' : 'enable';
  return [`${unit} is ${state}: systemctl ${remedy} ${unit}`];
};

const loads: Check = async ({ run, files }) => {
  if ((await files.stat('/usr/bin/systemd-analyze')) === undefined) return [];
  const words = ['verify', '--man=no', '--recursive-errors=no', unit];
  const { exitCode, stderr } = await run(['systemd-analyze', ...words], { timeoutSeconds: 60 });
  if (exitCode === 0) return [];
  const said = stderr.trim().split('\n').slice(-5).join('; ');
  return [`${unit} has faults: ${said} (systemd-analyze verify ${unit})`];
};

const runs: Check = async ({ run }) => {
  const argv = [`${home}/bin/node`, `${home}/dist/main.cjs`, '--version'] as const;
  const repair = 'install the package again, for this architecture';
  try {
    const { exitCode, stderr } = await run(argv, { timeoutSeconds: 60 });
    if (exitCode === 0) return [];
    const said = stderr.trim().split('\n')[0] ?? '';
    return [`${argv.join(' ')} ends with exit code ${exitCode} (${said}): ${repair}`];
  } catch (error) {
    return [`${messageOf(error)}: ${repair}`];
  }
};

/** Targets that do not pull in multi-user.target, which wants the agent. */
const elsewhere =
  /^(rescue|emergency|poweroff|halt|reboot|kexec|exit|sysinit|basic|initrd.*)\.target$/;

const target: Check = async ({ files }) => {
  const stat = await files.stat('/etc/systemd/system/default.target');
  const name = stat?.target?.split('/').at(-1) ?? '';
  if (!elsewhere.test(name)) return [];
  return [
    `the machine starts into ${name}, which does not start ${unit}: systemctl set-default multi-user.target`,
  ];
};

const room: Check = async ({ files }) => {
  const faults: string[] = [];
  for (const path of ['/var/lib/bootstrap-agent', '/etc']) {
    const free = await files.freeBytes(path);
    if (free < leastFree)
      faults.push(
        `${path} has ${free} bytes left, and a boot needs at least ${leastFree}: clear it, or make the volume of the image larger`,
      );
  }
  return faults;
};

const packages: Check = async ({ run, files }) => {
  if ((await files.stat('/usr/bin/dpkg')) === undefined) return [];
  const { stdout } = await run(['dpkg', '--audit'], { timeoutSeconds: 60 });
  if (stdout.trim() === '') return [];
  return [`packages are half installed: ${oneLine(stdout)} (dpkg --configure -a)`];
};

const hostKeys: Check = async (host) => {
  if (!(await needsHostKeys(host))) return [];
  const there = await host.files.stat(`/usr/lib/systemd/system/${hostKeysUnit}`);
  if (there !== undefined) return [];
  return [
    `SSH host keys would not come back: there is no cloud-init here, and ${hostKeysUnit} is not installed: install the package again, or cloud-init`,
  ];
};

const checks: readonly Check[] = [isEnabled, loads, runs, target, room, packages, hostKeys];

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ').slice(0, 300);
}
