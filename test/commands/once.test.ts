import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bake } from '../../src/commands/bake.ts';
import { planned } from '../../src/commands/dry-run.ts';
import { validate } from '../../src/commands/validate.ts';
import { printed } from './printed.ts';
import { changedSteps, Disk } from './same-disk.ts';
import { scenarioFolder } from './scenario-folder.ts';
import { boots, surroundingsOf } from './trial-boot.ts';

const never = new AbortController().signal;
const files = {
  'user-data':
    '#bootstrap-agent\nrole: { commands: { enrol: { run: [/usr/bin/enrol, --me], once: instance } } }\n',
};
const notes = '/var/lib/bootstrap-agent/once';

describe('a command that runs once in the life of an instance', () => {
  it('runs in its first boot and not in the next, until the disk is a clone', async () => {
    const disk = new Disk();
    const node = await disk.launch('', files);
    const ran = (host: typeof node.host) =>
      (host as typeof node.simulation.host).commands.filter(
        ({ argv }) => argv[0] === '/usr/bin/enrol',
      ).length;
    const first = await boots(node);
    expect([first.exitCode, ran(node.host)]).toEqual([0, 1]);
    const rebooted = await disk.powerOn(node);
    const second = await boots(rebooted);
    expect([second.exitCode, ran(rebooted.host)]).toEqual([0, 0]);
    expect(changedSteps(second)).not.toContain('command:enrol');

    const clone = await disk.launch('instance: { instance_id: i-0c10ae00000000000 }\n', files);
    const foretold = await planned(clone, 'test', never);
    expect(foretold.drifts.get('command:enrol')?.differences[0].found).toMatch(
      /of which this is a clone/,
    );
    const third = await boots(clone);
    expect([third.record.start?.kind, ran(clone.host)]).toEqual(['clone', 1]);
    const note = String(await clone.host.files.read(`${notes}/enrol.json`));
    expect(JSON.parse(note)).toMatchObject({ instanceId: 'i-0c10ae00000000000' });
  });

  it('runs again where the agent was killed before it noted that', async () => {
    const node = await surroundingsOf('', files);
    await boots(node);
    await node.host.files.remove(notes);
    expect(changedSteps(await boots(node))).toContain('command:enrol');
  });

  it('leaves a clone nothing of another instance, also of commands that the role has no more', async () => {
    const disk = new Disk();
    mkdirSync(join(disk.root, notes), { recursive: true });
    writeFileSync(join(disk.root, notes, 'old.json'), '{"instanceId":"i-another"}');
    const node = await disk.launch();
    const result = await boots(node);
    expect(result.exitCode).toBe(0);
    expect(await node.host.files.list(notes)).toEqual([]);
  });

  it('is left to the boot by a bake, and its note is removed by a seal', async () => {
    const node = await surroundingsOf('', files);
    const { files: disk } = node.host;
    await boots(node);
    const unit = '/usr/lib/systemd/system/bootstrap-agent.service';
    await disk.write(
      unit,
      '[Service]\nExecStart=/opt/agent\n[Install]\nWantedBy=multi-user.target\n',
    );
    await disk.write('/usr/bin/systemd-analyze', '');
    await node.host.run(['systemctl', 'enable', 'bootstrap-agent.service']);
    const options = { classes: ['tomcat'], seal: true, metadata: true, artifacts: true };
    expect(await bake(node, options, printed(), never)).toBe(0);
    expect(await disk.list(notes)).toEqual([]);
  });

  it('needs no other guard, and takes none beside it', async () => {
    const role = (entry: string) => scenarioFolder({ 'a.yaml': `commands: { c: ${entry} }\n` });
    const verdictOn = async (entry: string) => {
      const folder = role(entry);
      const output = printed();
      const code = await validate({ folder: folder.path }, output);
      folder.remove();
      return [code, output.stderr] as const;
    };
    expect((await verdictOn('{ run: x, once: instance }'))[0]).toBe(0);
    const [code, said] = await verdictOn('{ run: x, once: instance, creates: /x }');
    expect([code, said]).toEqual([
      78,
      expect.stringContaining('has once beside creates or unless'),
    ]);
    expect((await verdictOn('{ run: x, once: boot }'))[1]).toContain('must be instance');
  });
});
