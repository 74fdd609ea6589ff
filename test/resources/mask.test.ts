import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mask } from '../../src/resources/mask.ts';
import type { MaskStep } from '../../src/resources/step.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
afterEach(() => trial.close());

const unitText = '[Service]\nExecStart=/usr/bin/mandb\n\n[Install]\nWantedBy=multi-user.target\n';
const brought = { files: { '/usr/lib/systemd/system/man-db.service': unitText } };
const step: MaskStep = {
  ...alone,
  kind: 'mask',
  id: 'masks',
  units: ['apt-daily.timer', 'man-db.service'],
};
const verbs = () => trial.ran.filter((line) => !line.startsWith('systemctl show'));

describe('masked units', () => {
  it('are linked to /dev/null, whether they are there or not, and stopped', async () => {
    trial = await Trial.on(brought);
    await trial.machine.run(['systemctl', 'start', 'man-db.service']);
    const drift = await trial.bring(mask, step);
    expect(drift.differences).toEqual([
      { aspect: 'apt-daily.timer', wanted: 'masked' },
      { aspect: 'man-db.service', wanted: 'masked' },
    ]);
    for (const unit of step.units)
      expect(await trial.machine.files.stat(`/etc/systemd/system/${unit}`)).toMatchObject({
        type: 'symlink',
        target: '/dev/null',
      });
    const asked = await trial.machine.run(['systemctl', 'is-active', 'man-db.service']);
    expect(asked.stdout).toBe('inactive\n');
    const started = await trial.machine.run(['systemctl', 'start', 'man-db.service']);
    expect(started.stderr).toContain('Unit man-db.service is masked.');
  });

  it('are looked at without running anything', async () => {
    trial = await Trial.on(brought);
    await trial.check(mask, step);
    expect(trial.ran).toEqual([]);
  });

  it('are only linked where no systemd runs: while an image is made in a chroot', async () => {
    trial = await Trial.on(brought);
    await rmdir(join(trial.root, 'run/systemd/system'));
    await trial.bring(mask, step);
    expect(verbs()).toEqual([]);
  });

  it('that are masked already are not touched beside those that are not', async () => {
    trial = await Trial.on(brought);
    await trial.machine.files.link('/etc/systemd/system/apt-daily.timer', '/dev/null');
    await trial.bring(mask, step);
    expect(verbs().slice(0, 2)).toEqual([
      'systemctl stop -- man-db.service',
      'systemctl daemon-reload',
    ]);
  });

  it('whose unit an admin wrote is told, not overwritten', async () => {
    trial = await Trial.on();
    await trial.machine.files.write('/etc/systemd/system/man-db.service', unitText);
    const error = await trial.failure(mask, step);
    expect(error.message).toMatch(/man-db\.service: a file is in its place; move it away/);
  });

  it('that do not stop are told', async () => {
    trial = await Trial.on({
      ...brought,
      commands: [{ match: 'systemctl stop*', exit: 1, stderr: 'busy\n' }],
    });
    const error = await trial.failure(mask, step);
    expect(error.message).toBe('cannot stop what is masked: exit code 1:\n  busy');
  });
});
