import { rmSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boot } from '../../src/commands/boot.ts';
import { rehearse } from '../../src/commands/rehearse.ts';
import { simulatedSurroundings } from '../../src/commands/simulated.ts';
import { status } from '../../src/commands/status.ts';
import { validate } from '../../src/commands/validate.ts';
import { printed } from './printed.ts';
import { scenarioFolder } from './scenario-folder.ts';

const never = new AbortController().signal;

describe('agent validate', () => {
  it('gives 0 for the roles that ship, and names them', async () => {
    const output = printed();
    expect(await validate({ folder: 'roles' }, output)).toBe(0);
    expect(output.stdout).toContain('base, erlang, php, tomcat');
    expect(output.stderr).toBe('');
  });

  it('gives 78 and every fault of every role, as text and as JSON', async () => {
    const folder = scenarioFolder({
      'a.yaml': 'sysctll: {}\n',
      'b.yaml': 'files: { /etc/b: { content: "{{ values.nothing }}" } }\n',
    });
    try {
      const text = printed();
      expect(await validate({ folder: folder.path }, text)).toBe(78);
      expect(text.stderr).toMatch(/a\.yaml:1:1: .*did you mean "sysctl"/);
      expect(text.stderr).toMatch(/b\.yaml:1:\d+: .*nothing/);
      const json = printed();
      expect(await validate({ folder: folder.path, json: true }, json)).toBe(78);
      expect(JSON.parse(json.stdout).faults).toHaveLength(2);
    } finally {
      folder.remove();
    }
  });
});

describe('a template file that is no text', () => {
  const files = {
    'a.yaml': 'files: { /etc/a: { template: conf/a } }\n',
    'b.yaml': 'description: uses no template\n',
    'conf/a': Buffer.from('caf\xe9\n', 'latin1'),
  };

  it('is a fault of the role that names it, where it is named, and a warning where none does', async () => {
    const folder = scenarioFolder({ ...files, 'conf/logo': Buffer.from([0x89, 0x50, 0]) });
    try {
      const output = printed();
      expect(await validate({ folder: folder.path }, output)).toBe(78);
      const faults = output.stderr.split('\n').filter((line) => line.includes('conf/'));
      expect(faults).toEqual([
        'warning: conf/logo: no role uses this template file',
        `${folder.path}/a.yaml:1:30: files./etc/a.template: the template file "conf/a" is not UTF-8 text: save it as UTF-8`,
      ]);
    } finally {
      folder.remove();
    }
  });

  it('that is a link to nothing is none that is empty', async () => {
    const folder = scenarioFolder({ ...files, 'conf/a': 'text\n' });
    try {
      rmSync(`${folder.path}/conf/a`);
      symlinkSync('nothing', `${folder.path}/conf/a`);
      const output = printed();
      expect(await validate({ folder: folder.path }, output)).toBe(78);
      expect(output.stderr).toContain('"conf/a" is a link to a file that is not there');
    } finally {
      folder.remove();
    }
  });
});

describe('agent status', () => {
  it('tells what the last boot below a root came to, with its exit code', async () => {
    for (const [name, code] of [
      ['tomcat', 0],
      ['class-typo', 78],
    ] as const) {
      const surroundings = await simulatedSurroundings(name);
      const { root } = surroundings.simulation;
      try {
        const before = printed();
        expect(await status({ root }, before)).toBe(75);
        expect(before.stderr).toContain('No boot');
        await boot(surroundings, { agentVersion: '0', listeners: [], signal: never });
        const text = printed();
        expect(await status({ root }, text)).toBe(code);
        expect(text.stdout).toContain(`exit code  ${code}`);
        const json = printed();
        await status({ root, json: true }, json);
        expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: code });
      } finally {
        await surroundings.simulation.close();
      }
    }
  });
});

describe('agent status of a damaged status', () => {
  it('gives 75, says what is wrong and where the boot can be read, as text and as JSON', async () => {
    const folder = scenarioFolder({ 'run/bootstrap-agent/status.json': '{"state":' });
    try {
      const path = `${folder.path}/run/bootstrap-agent/status.json`;
      const text = printed();
      expect(await status({ root: folder.path }, text)).toBe(75);
      expect(text.stderr).toContain(`${path} holds no status: it is cut off after 9 bytes. `);
      expect(text.stderr).toContain('journalctl -b -t bootstrap-agent');
      expect(text.stdout).toBe('');
      const json = printed();
      expect(await status({ root: folder.path, json: true }, json)).toBe(75);
      expect(JSON.parse(json.stdout)).toEqual({ error: json.stderr.trim(), exitCode: 75 });
    } finally {
      folder.remove();
    }
  });
});

describe('agent rehearse', () => {
  it('lists the scenarios as text and as JSON', async () => {
    const text = printed();
    expect(await rehearse({ scenario: '', list: true }, text, never)).toBe(0);
    const json = printed();
    await rehearse({ scenario: '', list: true, json: true }, json, never);
    const names = JSON.parse(json.stdout).map(({ name }: { name: string }) => name);
    for (const name of names) expect(text.stdout).toContain(`${name} `);
  });

  it('gives 70 and the differences where it does not end as described', async () => {
    const folder = scenarioFolder({
      'scenario.yaml':
        'extends: class-typo\nexpect: { verdict: CONTINUE, exit: 0, because: fine }\n',
    });
    try {
      const output = printed();
      expect(await rehearse({ scenario: folder.path }, output, never)).toBe(70);
      expect(output.stdout).toContain('This is NOT how the scenario describes it');
      expect(output.stdout).toContain('exit code 78, described 0');
      expect(output.stdout).toContain('verdict ABANDON, described CONTINUE');
      expect(output.stdout).toContain('Auto Scaling was told ABANDON, described CONTINUE');
    } finally {
      folder.remove();
    }
  });
});
