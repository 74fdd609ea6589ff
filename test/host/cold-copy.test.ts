import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAheadSetting, withColdCopy } from '../../src/host/cold-copy.ts';

let sysfs: string;
beforeAll(() => {
  sysfs = realpathSync(mkdtempSync(join(tmpdir(), 'sysfs-')));
});
afterAll(() => rmSync(sysfs, { recursive: true }));

/** As sysfs has it: the devices by number are links to where they hang. */
function device(number: string, at: string): void {
  mkdirSync(join(sysfs, at), { recursive: true });
  mkdirSync(join(sysfs, 'dev/block'), { recursive: true });
  symlinkSync(join(sysfs, at), join(sysfs, 'dev/block', number));
}

it('finds the setting of a disk, and for a partition that of its disk', () => {
  const setting = join(sysfs, 'devices/nvme0n1/queue/read_ahead_kb');
  mkdirSync(dirname(setting), { recursive: true });
  writeFileSync(setting, '128\n');
  device('259:0', 'devices/nvme0n1');
  device('259:300', 'devices/nvme0n1/nvme0n1p300');
  // makedev(3) of 259:0 and of 259:300.
  expect(readAheadSetting(0x10300, sysfs)).toBe(setting);
  expect(readAheadSetting(0x11032c, sysfs)).toBe(setting);
});

it('finds none for what is no disk, or has none to be set', () => {
  expect(readAheadSetting(0x27, sysfs)).toBeUndefined();
  device('7:9', 'other/loop9');
  expect(readAheadSetting(0x709, sysfs)).toBeUndefined();
});

it('uses the program itself where it lies on no disk', async () => {
  const path = await withColdCopy('/proc/version', AbortSignal.timeout(60_000), async (it) => it);
  expect(path).toBe('/proc/version');
});
