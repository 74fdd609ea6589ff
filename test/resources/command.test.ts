import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command } from '../../src/resources/command.ts';
import type { World } from '../../src/resources/resource.ts';
import type { CommandStep } from '../../src/resources/step.ts';
import { alone, Trial } from './trial.ts';

let trial: Trial;
beforeEach(async () => {
  trial = await Trial.on({
    commands: [
      { match: 'migrate*', stdout: 'step 1\nstep 2\n', creates: { '/var/lib/migrated': 'yes' } },
      { match: 'fails', exit: 3, stderr: 'the password is canary-pass\n' },
      { match: 'slow', takes_ms: 60_000 },
      { match: 'ready?', exit: 1, times: 2 },
      { match: 'ready?' },
    ],
  });
});
afterEach(() => trial.close());

const migrate: CommandStep = {
  ...alone,
  kind: 'command',
  id: 'command:migrate',
  name: 'migrate',
  argv: ['migrate', '--all'],
  creates: '/var/lib/migrated',
  env: {},
  timeoutSeconds: 30,
};
const { creates: _, ...bare } = migrate;

describe('a command', () => {
  it('runs where what it creates is missing, its lines told', async () => {
    const drift = await trial.bring(command, migrate);
    expect(drift.differences).toEqual([
      { aspect: 'run', found: '/var/lib/migrated is not there', wanted: 'migrate --all' },
    ]);
    expect(trial.lines.slice(0, 2)).toEqual(['step 1', 'step 2']);
  });

  it('runs until its guard is content', async () => {
    const step: CommandStep = { ...bare, unless: ['ready?'] };
    const drift = await trial.check(command, step);
    expect(drift?.differences[0].found).toBe('ready? exits 1');
    await trial.apply(command, step, drift!);
    expect(await trial.check(command, step)).toBeDefined();
    expect(await trial.check(command, step)).toBeUndefined();
  });

  it('without a guard runs once a boot, and again in another form', async () => {
    const drift = await trial.bring(command, bare);
    expect(drift.differences[0].found).toBe('not run in this boot');
    const again = await trial.bring(command, { ...bare, env: { A: ['1'] } });
    expect(again.differences[0].found).toBe('run in another form in this boot');
  });

  it('runs once on an instance: not after a reboot, in no other form, whatever changed before it', async () => {
    const once: CommandStep = { ...bare, once: 'instance' };
    const world = { ...trial.world, instanceId: 'i-1' };
    const check = (more: Partial<CommandStep> = {}, there: World = world, stale = false) =>
      command.check({ ...once, ...more }, there, { stale });
    const found = async (...asked: Parameters<typeof check>) =>
      (await check(...asked))?.differences[0].found;
    expect(await found()).toBe('not run on this instance');
    const drift = await check();
    await command.apply(once, world, {
      drift: drift!,
      stale: false,
      signal: new AbortController().signal,
      progress: () => undefined,
    });
    await trial.machine.files.remove('/run/bootstrap-agent');
    expect(await found()).toBeUndefined();
    expect(await found({ argv: ['migrate', '--more'] }, world, true)).toBeUndefined();
    expect(await found({ name: 'another' })).toBe('not run on this instance');
    // The same disk as another instance's, and on another volume.
    expect(await found({}, { ...world, instanceId: 'i-2' })).toBe(
      'run on i-1, of which this is a clone',
    );
    const hardware = { ...(await trial.machine.hardware()), rootVolume: 'vol-2' };
    const swapped = { ...trial.machine, hardware: async () => hardware };
    expect(await found({}, { ...world, host: swapped })).toBe('run on another root volume');
    // A note that a power cut tore counts as none.
    await trial.machine.files.write('/var/lib/bootstrap-agent/once/migrate.json', '{"inst');
    expect(await found()).toBe('not run on this instance');
  });

  it('that is to run once and fails is not noted', async () => {
    const once: CommandStep = { ...bare, argv: ['fails'], once: 'instance' };
    const world = { ...trial.world, instanceId: 'i-1' };
    const drift = await command.check(once, world, { stale: false });
    const effort = { drift: drift!, stale: false, signal: new AbortController().signal } as const;
    await expect(
      command.apply(once, world, { ...effort, progress: () => undefined }),
    ).rejects.toThrow(/fails/);
    expect(await command.check(once, world, { stale: false })).toBeDefined();
  });

  it('runs again where what it needs changed', async () => {
    await trial.bring(command, migrate);
    expect((await trial.check(command, migrate, true))?.differences[0].found).toBe(
      'run before what it needs changed',
    );
  });

  it('gets secrets by its environment, which nothing shows', async () => {
    await trial.machine.files.write('/run/bootstrap-agent/secrets/db', 'canary-pass');
    const seen: unknown[] = [];
    const run = trial.machine.run;
    const host = {
      ...trial.machine,
      run: (...[argv, options]: Parameters<typeof run>) => {
        seen.push([argv, options?.env, options?.user, options?.cwd]);
        return run(argv, options);
      },
    };
    const step: CommandStep = {
      ...bare,
      argv: ['fails'],
      user: 'daemon',
      cwd: '/srv',
      env: { PASSWORD: [{ secret: 'db' }] },
    };
    const world = { ...trial.world, host };
    const drift = (await command.check(step, world, { stale: false }))!;
    const lines: string[] = [];
    const applied = command.apply(step, world, {
      drift,
      stale: false,
      signal: new AbortController().signal,
      progress: (progress) => lines.push(JSON.stringify(progress)),
    });
    await expect(applied).rejects.toThrow(
      'cannot run command migrate (fails; here in the role): exit code 3:\n  the password is [redacted]',
    );
    expect(seen).toEqual([[['fails'], { PASSWORD: 'canary-pass' }, 'daemon', '/srv']]);
    expect(lines.join()).not.toContain('canary');
  });

  it('that takes too long, or does not keep its promise, is an error', async () => {
    expect((await trial.failure(command, { ...bare, argv: ['slow'] })).message).toBe(
      'cannot run command migrate (slow; here in the role): killed after 30 s, it said nothing',
    );
    const liar: CommandStep = { ...migrate, argv: ['true'], creates: '/proof' };
    expect((await trial.failure(command, liar)).message).toMatch(
      /^command migrate ended well, but did not make \/proof, which is to prove it/,
    );
  });
});
