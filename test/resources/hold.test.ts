import { afterEach, describe, expect, it } from 'vitest';
import { hold } from '../../src/resources/hold.ts';
import { service } from '../../src/resources/service/service.ts';
import type { HoldStep, ServiceStep } from '../../src/resources/step.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
afterEach(() => trial.close());

const folder = '/usr/lib/systemd/system';
const install = '\n[Install]\nWantedBy=multi-user.target\n';
const text = `[Service]\nExecStart=/usr/bin/shop\n${install}`;
const step: HoldStep = {
  ...alone,
  kind: 'hold',
  id: 'held-services',
  units: ['shop.service'],
  kept: [],
  timeoutSeconds: 30,
};
const started: ServiceStep = {
  ...alone,
  kind: 'service',
  id: 'service:shop',
  unit: 'shop.service',
  enable: false,
  state: 'started',
  credentials: {},
  timeoutSeconds: 30,
};
/** The service, its socket by name, a timer that names it, and a path unit that nobody enabled. */
const files = {
  [`${folder}/shop.service`]: text,
  [`${folder}/shop.socket`]: `[Socket]\nListenStream=4000\n${install}`,
  [`${folder}/nightly.timer`]: `[Timer]\nUnit=shop.service\n${install}`,
  [`${folder}/shop.path`]: `[Path]\nPathExists=/srv/x\n${install}`,
};
const systemctl = async (...words: string[]) =>
  (await trial.machine.run(['systemctl', ...words])).stdout.trim();
const states = async (verb: 'is-active' | 'is-enabled', ...units: string[]) =>
  Promise.all(units.map((unit) => systemctl(verb, '--', unit)));
const all = ['shop.service', 'shop.socket', 'nightly.timer', 'shop.path'];

describe('services held back in a pool', () => {
  it('neither run nor can be started: by nobody, nor by what would trigger them', async () => {
    trial = await Trial.on({ files });
    await systemctl('enable', 'shop.service', 'shop.socket');
    await systemctl('start', 'shop.service', 'shop.socket', 'nightly.timer');
    const drift = await trial.bring(hold, step);
    expect(drift.differences).toEqual([
      { aspect: 'shop.service', found: 'active (running)', wanted: 'stopped' },
      { aspect: 'shop.service', found: 'enabled', wanted: 'masked' },
      { aspect: 'nightly.timer', found: 'disabled', wanted: 'masked' },
      { aspect: 'shop.socket', found: 'enabled', wanted: 'masked' },
    ]);
    expect(await states('is-active', ...all)).toEqual(all.map(() => 'inactive'));
    // Nobody enabled the path, nobody started it: it would have started nothing.
    expect(await states('is-enabled', ...all)).toEqual(['masked', 'masked', 'masked', 'disabled']);
    // In one call: what still listens would start the service again.
    const stops = trial.ran.filter((line) => line.startsWith('systemctl stop'));
    expect(stops[0]).toBe('systemctl stop -- nightly.timer shop.socket shop.service');
  });

  it('come back as they were when the service is to run, and only those', async () => {
    trial = await Trial.on({ files });
    await systemctl('enable', 'shop.socket');
    await systemctl('start', 'shop.socket', 'nightly.timer');
    await trial.bring(hold, step);
    const drift = await trial.bring(service, started);
    expect(drift.differences).toContainEqual({
      aspect: 'trigger',
      found: 'held back',
      wanted: 'shop.socket',
    });
    expect(await states('is-active', ...all)).toEqual(['active', 'active', 'active', 'inactive']);
    expect(await states('is-enabled', ...all)).toEqual([
      'disabled',
      'enabled',
      'disabled',
      'disabled',
    ]);
    const starts = trial.ran.filter((line) => line.startsWith('systemctl start --'));
    // The socket first: its service takes it over.
    expect(starts.slice(0, 2)).toEqual([
      'systemctl start -- nightly.timer shop.socket',
      'systemctl start -- shop.service',
    ]);
  });

  it('a mask that is the role’s own wish is left as it is', async () => {
    trial = await Trial.on({ files });
    await trial.machine.files.link('/etc/systemd/system/shop.socket', '/dev/null');
    await trial.bring(hold, step);
    await trial.bring(service, started);
    expect(await states('is-enabled', 'shop.socket')).toEqual(['masked']);
  });

  it('a socket that the role runs in the pool stays as it is', async () => {
    trial = await Trial.on({ files });
    await systemctl('enable', 'shop.socket');
    await systemctl('start', 'shop.socket');
    await trial.bring(hold, { ...step, kept: ['shop.socket'] });
    expect(await states('is-active', 'shop.socket')).toEqual(['active']);
  });

  it('a socket that is a service of the role is held as one of its own', async () => {
    trial = await Trial.on({ files });
    await systemctl('enable', 'shop.socket');
    await trial.bring(hold, { ...step, units: ['shop.service', 'shop.socket'] });
    expect(await states('is-enabled', 'shop.socket')).toEqual(['masked']);
    // Its own step brings it back.
    expect((await trial.check(service, started))?.differences).not.toContainEqual(
      expect.objectContaining({ aspect: 'trigger' }),
    );
  });

  it('whose unit file stands in the place of the mask are stopped and disabled', async () => {
    trial = await Trial.on({ files: { '/etc/systemd/system/shop.service': text } });
    await systemctl('enable', 'shop.service');
    await trial.bring(hold, step);
    expect(await states('is-enabled', 'shop.service')).toEqual(['disabled']);
    expect(await trial.read('/etc/systemd/system/shop.service')).toBe(text);
  });

  it('that are not there yet are no drift', async () => {
    trial = await Trial.on();
    expect(await trial.check(hold, step)).toBeUndefined();
  });

  it('that do not stop are told', async () => {
    trial = await Trial.on({
      files,
      commands: [{ match: 'systemctl stop*', exit: 1, stderr: 'busy\n' }],
    });
    const error = await trial.failure(hold, step);
    expect(error.message).toBe('cannot stop what the pool holds back: exit code 1:\n  busy');
  });
});
