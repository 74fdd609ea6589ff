import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, StepError } from '../../src/errors.ts';
import { service } from '../../src/resources/service/service.ts';
import type { ServiceStep } from '../../src/resources/step.ts';
import type { MachineDescription } from '../../src/simulator/machine/description.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
afterEach(() => trial.close());

const unitText = '[Service]\nExecStart=/opt/shop/run\n\n[Install]\nWantedBy=multi-user.target\n';
const shop: ServiceStep = {
  ...alone,
  kind: 'service',
  id: 'service:shop',
  unit: 'shop.service',
  enable: false,
  state: 'started',
  unitFile: [unitText],
  credentials: {},
  timeoutSeconds: 30,
};
const { unitFile: _, ...packaged } = shop;
const dropInPath = '/etc/systemd/system/shop.service.d/50-bootstrap-agent.conf';
const brought: Partial<MachineDescription> = {
  files: { '/usr/lib/systemd/system/shop.service': unitText },
};

const verbs = () =>
  trial.ran
    .filter((line) => line.startsWith('systemctl') && !line.startsWith('systemctl show'))
    .map((line) => line.replace('systemctl ', '').replace(' --', ''));

describe('a service', () => {
  it('gets its unit file, is enabled and started', async () => {
    trial = await Trial.on();
    const drift = await trial.bring(service, { ...shop, enable: true });
    expect(drift.differences).toEqual([
      { aspect: 'unit file', wanted: unitText },
      { aspect: 'enabled', found: 'not enabled', wanted: 'enabled' },
      { aspect: 'state', found: 'no such unit', wanted: 'started' },
    ]);
    // A unit that is new needs no reload.
    expect(verbs().slice(0, 2)).toEqual(['enable shop.service', 'restart shop.service']);
    expect(
      await trial.machine.files.stat('/run/bootstrap-agent/restart/shop.service'),
    ).toBeUndefined();
  });

  it('that is ordered after the agent is refused: each would wait for the other', async () => {
    trial = await Trial.on();
    const unitFile = [`[Unit]\nAfter=network.target bootstrap-agent.target\n${unitText}`];
    const bringing = trial.bring(service, { ...shop, unitFile });
    await expect(bringing).rejects.toThrow(ConfigError);
    await expect(bringing).rejects.toThrow('Take After=bootstrap-agent.target out of the unit');
    expect(verbs()).toEqual([]);
  });

  it('is looked at by one call of systemctl', async () => {
    trial = await Trial.on(brought);
    await trial.check(service, packaged);
    expect(trial.ran).toHaveLength(1);
  });

  it('that runs as wanted is left alone, and restarted when what it needs changed', async () => {
    trial = await Trial.on(brought);
    await trial.bring(service, packaged);
    expect(verbs()[0]).toBe('start shop.service');
    const drift = await trial.check(service, packaged, true);
    expect(drift?.differences).toEqual([
      { aspect: 'restart', found: 'started before what it needs changed', wanted: 'restarted' },
    ]);
    await trial.apply(service, packaged, drift!, true);
    expect(verbs().at(-1)).toBe('restart shop.service');
    expect(await trial.check(service, packaged)).toBeUndefined();
  });

  it('is reloaded where that is enough, and its process stays', async () => {
    const reloads = `${unitText}ExecReload=/bin/kill -HUP $MAINPID\n`;
    trial = await Trial.on({ files: { '/usr/lib/systemd/system/shop.service': reloads } });
    await trial.bring(service, packaged);
    const drift = await trial.check(service, packaged, 'reload');
    expect(drift?.differences).toEqual([
      { aspect: 'reload', found: 'started before what it needs changed', wanted: 'reloaded' },
    ]);
    await trial.apply(service, packaged, drift!, 'reload');
    expect(verbs()).toEqual(['start shop.service', 'reload shop.service']);
  });

  it('is restarted all the same when its own files changed', async () => {
    trial = await Trial.on(brought);
    await trial.bring(service, packaged);
    const step: ServiceStep = { ...packaged, dropIn: ['[Service]\nNice=5\n'] };
    const drift = (await trial.check(service, step, 'reload'))!;
    await trial.apply(service, step, drift, 'reload');
    expect(verbs().at(-1)).toBe('restart shop.service');
    expect(verbs()).not.toContain('reload shop.service');
  });

  it('is started, not reloaded, when it does not run', async () => {
    trial = await Trial.on(brought);
    const drift = (await trial.check(service, packaged, 'reload'))!;
    await trial.apply(service, packaged, drift, 'reload');
    expect(verbs()).toEqual(['start shop.service']);
  });

  it('without a way to reload fails, and says so', async () => {
    trial = await Trial.on(brought);
    await trial.bring(service, packaged);
    const drift = (await trial.check(service, packaged, 'reload'))!;
    const failure = trial.apply(service, packaged, drift, 'reload');
    await expect(failure).rejects.toThrow(/cannot reload shop\.service.*not applicable/s);
  });

  it('gets a drop-in with its credentials, which is removed when the role has none any more', async () => {
    trial = await Trial.on(brought);
    const step: ServiceStep = {
      ...packaged,
      dropIn: ['[Service]\nMemoryMax=1G\n'],
      credentials: { tls: 'tls_key', db: 'db' },
    };
    await trial.bring(service, step);
    expect(await trial.read(dropInPath)).toBe(
      '[Service]\nMemoryMax=1G\n\n[Service]\n' +
        'LoadCredential=db:/run/bootstrap-agent/secrets/db\n' +
        'LoadCredential=tls:/run/bootstrap-agent/secrets/tls_key\n',
    );
    const drift = await trial.bring(service, packaged);
    expect(drift.differences).toEqual([{ aspect: 'drop-in', found: dropInPath, wanted: 'absent' }]);
    expect(await trial.read(dropInPath)).toBeUndefined();
    expect(verbs().at(-1)).toBe('restart shop.service');
  });

  it('with a secret in its drop-in keeps it from everybody', async () => {
    trial = await Trial.on(brought);
    await trial.machine.files.write('/run/bootstrap-agent/secrets/db', 'canary-pass');
    const step: ServiceStep = {
      ...packaged,
      dropIn: ['[Service]\nEnvironment=P=', { secret: 'db' }, '\n'],
    };
    const drift = await trial.bring(service, step);
    expect(JSON.stringify(drift)).not.toContain('canary');
    expect(await trial.read(dropInPath)).toContain('canary-pass');
    expect((await trial.machine.files.stat(dropInPath))?.mode).toBe(0o600);
  });

  it('is reloaded, not restarted, when somebody else changed its files', async () => {
    trial = await Trial.on(brought);
    await trial.bring(service, packaged);
    await trial.machine.files.write('/usr/lib/systemd/system/shop.service', `${unitText}# new\n`);
    const drift = await trial.check(service, packaged);
    expect(drift?.differences.map(({ aspect }) => aspect)).toEqual(['loaded']);
    const ran = verbs().length;
    await trial.apply(service, packaged, drift!);
    expect(verbs().slice(ran)).toEqual(['daemon-reload']);
    expect(await trial.check(service, packaged)).toBeUndefined();
  });

  it('is restarted by the next agent when one was killed between the files and the restart', async () => {
    trial = await Trial.on(brought);
    await trial.bring(service, packaged);
    const step: ServiceStep = { ...packaged, dropIn: ['[Service]\nNice=5\n'] };
    const drift = (await trial.check(service, step))!;
    const killed = new Error('killed');
    const host = {
      ...trial.machine,
      run: async (...[argv, options]: Parameters<typeof trial.machine.run>) => {
        if (argv[1] === 'restart') throw killed;
        return trial.machine.run(argv, options);
      },
    };
    const effort = {
      drift,
      stale: false,
      signal: new AbortController().signal,
      progress: () => {},
    };
    await expect(service.apply(step, { ...trial.world, host }, effort)).rejects.toBe(killed);
    expect((await trial.check(service, step))?.differences.map(({ aspect }) => aspect)).toEqual([
      'restart',
    ]);
    const ran = verbs().length;
    await trial.bring(service, step);
    expect(verbs().slice(ran, ran + 2)).toEqual(['daemon-reload', 'restart shop.service']);
  });

  it('is loaded by the next agent when one was killed before, though it is to be stopped', async () => {
    trial = await Trial.on({
      ...brought,
      commands: [{ match: 'systemctl daemon-reload*', times: 1, exit: 1 }],
    });
    const step: ServiceStep = { ...packaged, state: 'stopped', dropIn: ['[Service]\nNice=5\n'] };
    expect((await trial.failure(service, step)).message).toMatch(
      /^cannot daemon-reload shop\.service/,
    );
    const drift = await trial.bring(service, step);
    expect(drift.differences.map(({ aspect }) => aspect)).toEqual(['loaded']);
  });

  it('is stopped and disabled', async () => {
    trial = await Trial.on({ ...brought, services: { 'shop.service': { stops_after_ms: 5 } } });
    await trial.bring(service, { ...packaged, enable: true });
    const drift = await trial.bring(service, { ...packaged, state: 'stopped' });
    expect(drift.differences).toEqual([
      { aspect: 'enabled', found: 'enabled', wanted: 'disabled' },
      { aspect: 'state', found: 'active (running)', wanted: 'stopped' },
    ]);
  });

  it.each([
    ['of a package', packaged],
    ['with a unit file of its own', shop],
  ] as const)('%s that is masked is unmasked and started, without a reload', async (_, step) => {
    trial = await Trial.on(brought);
    await trial.machine.files.link('/etc/systemd/system/shop.service', '/dev/null');
    const drift = await trial.bring(service, step);
    expect(drift.differences).toContainEqual({
      aspect: 'mask',
      found: 'masked',
      wanted: 'not masked',
    });
    expect(verbs()[0]).toMatch(/^(re)?start shop\.service$/);
    expect(verbs()).not.toContain('daemon-reload');
    expect((await trial.machine.files.stat('/etc/systemd/system/shop.service'))?.type).toBe(
      step === shop ? 'file' : undefined,
    );
  });

  it('that was enabled before it was masked is disabled where the role does not enable it', async () => {
    trial = await Trial.on(brought);
    await trial.machine.run(['systemctl', 'enable', 'shop.service']);
    await trial.machine.files.link('/etc/systemd/system/shop.service', '/dev/null');
    await trial.bring(service, packaged);
    expect(verbs()).toContain('disable shop.service');
  });

  it('that is not to run may stay masked', async () => {
    trial = await Trial.on(brought);
    await trial.machine.files.link('/etc/systemd/system/shop.service', '/dev/null');
    expect(await trial.check(service, { ...packaged, state: 'stopped' })).toBeUndefined();
  });

  it('of type oneshot has done its work once it ran', async () => {
    trial = await Trial.on();
    await trial.bring(service, {
      ...shop,
      unitFile: ['[Service]\nType=oneshot\nExecStart=/bin/true\n'],
    });
  });

  it('that fails to start is told with its result and its journal, redacted', async () => {
    trial = await Trial.on({
      ...brought,
      services: { 'shop.service': { fails: 'to start', log: ['no database with canary-pass'] } },
    });
    trial.redactor.learn('canary-pass');
    const error = await trial.failure(service, packaged);
    expect(error).toBeInstanceOf(StepError);
    expect(error.message).toBe(
      [
        'cannot start shop.service: exit code 1:',
        '  Job for shop.service failed because the control process exited with error code.',
        '  See "systemctl status shop.service" and "journalctl -xeu shop.service" for details.',
        'shop.service is failed (exit-code, status 1): Result=exit-code ExecMainStatus=1',
        'its journal says last:',
        '  no database with [redacted]',
        '  simulated: shop.service starts',
        '  simulated: shop.service exited with status 1',
      ].join('\n'),
    );
    // A unit that failed before is reset first: systemd would refuse to start it.
    await trial.failure(service, packaged);
    expect(verbs()).toContain('reset-failed shop.service');
  });

  it('that dies at once is found by the check afterwards', async () => {
    trial = await Trial.on({ ...brought, services: { 'shop.service': { fails: 'after 0 ms' } } });
    const drift = (await trial.check(service, packaged))!;
    await trial.apply(service, packaged, drift);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await trial.check(service, packaged))?.differences).toEqual([
      { aspect: 'state', found: 'failed (exit-code, status 1)', wanted: 'started' },
    ]);
  });

  it.each([
    [
      'there is no such unit',
      packaged,
      {},
      /^wanted shop\.service started, found no such unit: name the package/,
    ],
    [
      'it cannot be enabled',
      { ...shop, unitFile: ['[Service]\n'], enable: true },
      {},
      /^wanted shop\.service enabled, found it static: it has no \[Install\] section/,
    ],
    [
      'it does not stop',
      { ...packaged, state: 'stopped' },
      { commands: [{ match: 'systemctl stop*', exit: 1, stderr: 'busy\n' }] },
      /^cannot stop shop\.service: exit code 1:\n {2}busy$/,
    ],
    [
      'it takes too long',
      packaged,
      { ...brought, commands: [{ match: 'systemctl start*', takes_ms: 90_000 }] },
      /^cannot start shop\.service: killed after 30 s.*its journal is empty/s,
    ],
    [
      'systemd does not answer',
      packaged,
      { commands: [{ match: 'systemctl show*', exit: 1, stderr: 'no bus\n' }] },
      /^cannot ask systemd about shop\.service: no bus$/,
    ],
  ] as [string, ServiceStep, Partial<MachineDescription>, RegExp][])(
    'says so where %s',
    async (name, step, machine, words) => {
      trial = await Trial.on(machine);
      if (name === 'it does not stop') {
        await trial.machine.files.write('/usr/lib/systemd/system/shop.service', unitText);
        await trial.machine.run(['systemctl', 'start', 'shop.service']);
      }
      const error = await trial.failure(service, step).catch((thrown: Error) => thrown);
      expect(error).toBeInstanceOf(StepError);
      expect(error.message).toMatch(words);
    },
  );
});
