import { afterEach, describe, expect, it } from 'vitest';
import { heldBack } from '../../src/image/held-back.ts';
import { service } from '../../src/resources/service/service.ts';
import type { ServiceStep } from '../../src/resources/step.ts';
import { alone, Trial } from '../resources/trial.ts';

let trial: Trial;
afterEach(() => trial.close());

const text = '[Service]\nExecStart=/usr/bin/shop\n\n[Install]\nWantedBy=multi-user.target\n';
const units = '/usr/lib/systemd/system';
const brought = { files: { [`${units}/shop.service`]: text, [`${units}/shop.socket`]: text } };
const step: ServiceStep = {
  ...alone,
  kind: 'service',
  id: 'service:shop',
  unit: 'shop.service',
  enable: false,
  state: 'started',
  credentials: {},
  timeoutSeconds: 30,
};
const none: ReadonlySet<string> = new Set();
const enable = (...names: string[]) => trial.machine.run(['systemctl', 'enable', ...names]);
const target = async (unit: string) =>
  (await trial.machine.files.stat(`/etc/systemd/system/${unit}`))?.target;
const wants = (unit: string) =>
  trial.machine.files.stat(`/etc/systemd/system/multi-user.target.wants/${unit}`);

describe('a service in an image', () => {
  it('is disabled and masked, and so is its socket', async () => {
    trial = await Trial.on(brought);
    await enable('shop.service', 'shop.socket');
    await trial.bring(heldBack(none), step);
    for (const unit of ['shop.service', 'shop.socket']) {
      expect(await target(unit)).toBe('/dev/null');
      expect(await wants(unit)).toBeUndefined();
    }
  });

  it('gets its socket back when a node runs it', async () => {
    trial = await Trial.on(brought);
    await enable('shop.service', 'shop.socket');
    await trial.bring(heldBack(none), step);
    await trial.bring(service, step);
    expect(await wants('shop.socket')).toBeDefined();
    const { stdout } = await trial.machine.run(['systemctl', 'is-active', 'shop.socket']);
    expect(stdout.trim()).toBe('active');
  });

  it('is masked where nothing enabled it, too: a dependency would start it; its socket alone starts nothing', async () => {
    trial = await Trial.on(brought);
    await trial.bring(heldBack(none), step);
    expect(await target('shop.service')).toBe('/dev/null');
    expect(await target('shop.socket')).toBeUndefined();
  });

  it('keeps a socket that is a service of the role itself', async () => {
    trial = await Trial.on(brought);
    await enable('shop.service', 'shop.socket');
    await trial.bring(heldBack(new Set(['shop.service', 'shop.socket'])), step);
    expect(await wants('shop.socket')).toBeDefined();
  });

  it('is left alone where a role enables it, where it is static, and where there is none', async () => {
    trial = await Trial.on({ files: { [`${units}/static.service`]: '[Service]\nExecStart=/x\n' } });
    const check = (change: Partial<ServiceStep>) =>
      trial.check(heldBack(none), { ...step, ...change });
    expect(await check({ enable: true })).toBeUndefined();
    expect(await check({ unit: 'static.service' })).toBeUndefined();
    expect(await check({ unit: 'absent.service' })).toBeUndefined();
  });

  it('whose unit file somebody wrote in the place of the mask is disabled', async () => {
    trial = await Trial.on({ files: { '/etc/systemd/system/shop.service': text } });
    await enable('shop.service');
    const drift = await trial.bring(heldBack(none), step);
    expect(drift.differences).toEqual([
      { aspect: 'shop.service', found: 'enabled', wanted: 'disabled' },
    ]);
    expect(await wants('shop.service')).toBeUndefined();
    expect(await trial.read('/etc/systemd/system/shop.service')).toBe(text);
  });
});
