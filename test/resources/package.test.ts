import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, StepError, UnavailableError } from '../../src/errors.ts';
import { packages } from '../../src/resources/package/package.ts';
import type { PackageSpec, PackageStep } from '../../src/resources/step.ts';
import type { MachineDescription } from '../../src/simulator/machine/description.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
afterEach(() => trial.close());

const policy = '/usr/sbin/policy-rc.d';
const repository = {
  nginx: {
    version: '1.22.1-9',
    units: ['nginx.service'],
    users: ['nginx'],
    files: { '/etc/nginx/nginx.conf': 'default\n' },
  },
  jq: {},
};
const onDebian: Partial<MachineDescription> = {
  packages: { repository, installed: ['telnet=0.17'] },
};
const onAmazon: Partial<MachineDescription> = { ...onDebian, distribution: 'amazon-linux' };

function wanting(...specs: PackageSpec[]): PackageStep {
  return { ...alone, kind: 'package', id: 'packages', packages: specs };
}
const both = (name: string, wanted = 'present'): PackageSpec => ({ apt: name, dnf: name, wanted });

describe.each([
  ['apt', onDebian],
  ['dnf', onAmazon],
])('packages by %s', (system, machine) => {
  it('are installed and removed in one go, their services not started', async () => {
    trial = await Trial.on(machine);
    const drift = await trial.bring(
      packages,
      wanting(both('nginx'), both('jq'), both('telnet', 'absent')),
    );
    expect(drift.differences).toEqual([
      { aspect: 'nginx', wanted: 'present' },
      { aspect: 'jq', wanted: 'present' },
      { aspect: 'telnet', found: '0.17', wanted: 'absent' },
    ]);
    const installs = trial.ran.filter((line) => line.includes(' install ')).slice(0, 1);
    expect(installs[0]).toMatch(/nginx jq$/);
    const { stdout } = await trial.machine.run(['systemctl', 'is-active', 'nginx.service']);
    expect(stdout).toBe('inactive\n');
    expect(await trial.machine.files.stat(policy)).toBeUndefined();
  });

  it('are wanted in a version', async () => {
    trial = await Trial.on(machine);
    await trial.bring(packages, wanting(both('nginx', '1.22.1-9')));
    const other = wanting(both('nginx', '2.0'));
    expect((await trial.check(packages, other))?.differences).toEqual([
      { aspect: 'nginx', found: '1.22.1-9', wanted: '2.0' },
    ]);
    const error = await trial.failure(packages, other);
    expect(error).toBeInstanceOf(StepError);
    expect(error.message).toMatch(/^cannot install nginx 2\.0: exit code \d+:/);
  });

  it('that are not wanted on this system are left alone', async () => {
    trial = await Trial.on(machine);
    const spec =
      system === 'apt' ? { dnf: 'nginx', wanted: 'present' } : { apt: 'nginx', wanted: 'present' };
    expect(await trial.check(packages, wanting(spec))).toBeUndefined();
    expect(trial.ran).toEqual([]);
  });

  it('that the network does not give are worth another try', async () => {
    const stderr =
      system === 'apt'
        ? 'E: Failed to fetch http://deb.example/x  Could not resolve host\n'
        : 'Error: Failed to download metadata for repo\n';
    trial = await Trial.on({
      ...machine,
      commands: [{ match: '* install *', exit: system === 'apt' ? 100 : 1, stderr }],
    });
    const error = await trial.failure(packages, wanting(both('jq')));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toContain(stderr.trim());
  });

  it('that cannot be removed are named', async () => {
    trial = await Trial.on({
      ...machine,
      commands: [{ match: '* remove *', exit: 1, stderr: 'it is needed\n' }],
    });
    const error = await trial.failure(packages, wanting(both('telnet', 'absent')));
    expect(error.message).toBe('cannot remove telnet: exit code 1:\n  it is needed');
  });
});

describe('packages by apt', () => {
  it('need new lists only where a package is unknown', async () => {
    trial = await Trial.on({ packages: { repository, lists_missing: true } });
    await trial.bring(packages, wanting(both('jq')));
    expect(
      trial.ran.filter((line) => line.startsWith('apt-get')).map((line) => line.split(' ')[1]),
    ).toEqual(['install', 'update', 'install', 'install']);
    const error = await trial.failure(packages, wanting(both('jqq')));
    expect(error.message).toBe(
      'cannot install jqq: exit code 100:\n  E: Unable to locate package jqq\nCorrect packages in the role, or add the repository that has them.',
    );
  });

  it('of which the lists cannot be had are worth another try', async () => {
    trial = await Trial.on({
      packages: { repository, lists_missing: true },
      commands: [{ match: 'apt-get update *', exit: 100, stderr: 'E: Connection timed out\n' }],
    });
    const error = await trial.failure(packages, wanting(both('jq')));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toMatch(/^cannot update the package lists for jq/);
    expect(await trial.machine.files.stat(policy)).toBeUndefined();
  });

  it('go on where an earlier run was cut off', async () => {
    trial = await Trial.on({
      ...onDebian,
      commands: [
        {
          match: 'apt-get install *',
          times: 1,
          exit: 100,
          stderr: "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'\n",
        },
      ],
    });
    await trial.bring(packages, wanting(both('jq')));
    expect(trial.ran).toContain('dpkg --force-confold --configure -a');
  });

  it('leave a policy of somebody else, and clear away one of ours that was left', async () => {
    trial = await Trial.on({ ...onDebian, files: { [policy]: '#!/bin/sh\nexit 0\n' } });
    await trial.bring(packages, wanting(both('jq')));
    expect(await trial.read(policy)).toBe('#!/bin/sh\nexit 0\n');
    await trial.machine.files.remove(policy);
    const { withoutServiceStarts } = await import('../../src/resources/package/service-starts.ts');
    let ours: string | undefined;
    await withoutServiceStarts(trial.machine.files, async () => {
      ours = await trial.read(policy);
    });
    await trial.machine.files.write(policy, ours ?? '', { mode: 0o755 });
    const drift = await trial.bring(packages, wanting(both('jq')));
    expect(drift.differences).toEqual([
      { aspect: policy, found: 'left by an interrupted install', wanted: 'absent' },
    ]);
  });

  it('need a package system', async () => {
    trial = await Trial.on(onDebian);
    await trial.machine.files.remove('/usr/bin/apt-get');
    await expect(trial.check(packages, wanting(both('jq')))).rejects.toThrow(ConfigError);
  });
});
