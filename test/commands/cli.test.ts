import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scenarioFolder } from './scenario-folder.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

function agent(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return { code: status, stdout, stderr };
}

describe('a command line that is wrong', () => {
  it.each([
    [
      'an unknown command',
      ['rehearze'],
      64,
      [/unknown command 'rehearze'/, /Did you mean rehearse\?/],
    ],
    ['an unknown flag', ['dry-run', '--jsno'], 64, [/unknown option '--jsno'/, /--json/]],
    ['an argument too many', ['rehearse', 'a', 'b'], 64, [/too many arguments/]],
    ['a fleet of none', ['rehearse', '--fleet', '0'], 64, [/whole number from 1 to 9999/]],
    ['a fleet to keep', ['rehearse', '--fleet', '2', '--keep'], 64, [/cannot be used with/]],
    [
      'a seed for nothing',
      ['rehearse', '--seed', '2'],
      64,
      [/--seed goes with --fleet or --trace/],
    ],
    [
      'a trace and a scenario',
      ['rehearse', 'tomcat', '--replay', 'x'],
      64,
      [/plays the scenario that its trace names/],
    ],
    [
      'a trace to play and one to record',
      ['rehearse', '--replay', 'x', '--trace', 'y'],
      64,
      [/cannot be used with/],
    ],
    [
      'a trace that is not there',
      ['rehearse', '--replay', '/nowhere'],
      78,
      [/There is no trace \/nowhere/],
    ],
    ['a format that is none', ['boot', '--log', 'xml'], 64, [/Allowed choices are json, pretty/]],
    ['nothing at all', [], 64, [/Usage: agent/, /Exit codes:/]],
    [
      'an unknown scenario',
      ['dry-run', 'tomact'],
      78,
      [/that ship are .*class-typo/, /did you mean "tomcat"/],
    ],
    ['a folder without scenario', ['rehearse', '/'], 78, [/the folder has no scenario\.yaml/]],
    [
      'an unknown step',
      ['dry-run', '--explain', 'service:tomcat'],
      78,
      [/did you mean "service:tomcat10"/, /\n {2}kernel-modules\n/],
    ],
    [
      'no folder of roles',
      ['validate', '/nowhere'],
      78,
      [/No roles in \/nowhere: there is no such folder/],
    ],
    [
      'no boot to tell of',
      ['status', '--root', '/nowhere'],
      75,
      [/No boot .* systemctl start bootstrap-agent/],
    ],
  ] as const)('%s', (_, args, code, words) => {
    const said = agent(...args);
    expect(said.code).toBe(code);
    for (const word of words) expect(said.stderr).toMatch(word);
    expect(said.stdout).toBe('');
    expect(said.stderr).not.toMatch(/\n {4}at |undefined/);
  });
});

describe('--json', () => {
  it.each([
    [
      'dry-run of what is not there',
      ['dry-run', 'nosuch', '--json'],
      78,
      { exitCode: 78, faults: [] },
    ],
    ['status without a boot', ['status', '--root', '/nowhere', '--json'], 75, null],
    [
      'rehearse of a boot that fails',
      ['rehearse', 'class-typo', '--json'],
      78,
      { signalled: 'ABANDON' },
    ],
  ] as const)('prints one document, and the rest beside it: %s', (_, args, code, document) => {
    const said = agent(...args);
    expect(said.code).toBe(code);
    const parsed: unknown = JSON.parse(said.stdout);
    if (document === null) expect(parsed).toBeNull();
    else expect(parsed).toMatchObject(document);
    expect(said.stderr).not.toBe('');
  });
});

describe('files that a person wrote', () => {
  it('validate tells all faults of all roles, by line and column', () => {
    const folder = scenarioFolder({
      'a.yaml': 'description: a\nextends: bse\npakages: { x: present }\n',
      'b.yaml': 'description: [\n',
      'c.yaml': 'description: c\nfiles:\n  /etc/x: { content: "{{ facts.vcpsu }}" }\n',
      'fine.yaml': 'description: fine\n',
    });
    try {
      const said = agent('validate', folder.path);
      expect(said.code).toBe(78);
      expect(said.stdout).toBe('');
      const lines = said.stderr.replaceAll(`${folder.path}/`, '').split('\n');
      expect(lines).toEqual([
        expect.stringMatching(/^a\.yaml:2:10: extends: there is no role "bse"/),
        expect.stringMatching(/^a\.yaml:3:1: pakages: .*did you mean "packages"/),
        expect.stringMatching(/^b\.yaml:2:1: not valid YAML/),
        expect.stringMatching(/^c\.yaml:3:26: files\.\/etc\/x\.content: .*did you mean "vcpus"/),
        '',
        '4 faults in a, b, c, fine',
        '',
      ]);
      const document = JSON.parse(agent('validate', '--json', folder.path).stdout);
      expect(document.faults).toHaveLength(4);
      expect(document.faults[0]).toMatchObject({ line: 2, column: 10, path: 'extends' });
    } finally {
      folder.remove();
    }
  });

  it('a scenario tells all faults, of its machine too', () => {
    const folder = scenarioFolder({
      'scenario.yaml': `extends: tomcat
machin: {}
instance: { architecture: sparc }
machine:
  disk_free: 3
  services: { tomcat10.service: { fails: never } }
faults: [{ on: s3, do: explode }]
aws: { buckets: { b: { key: { txt: x } } } }
`,
    });
    try {
      const said = agent('rehearse', folder.path);
      expect(said.code).toBe(78);
      const lines = said.stderr.replaceAll(`${folder.path}/`, '').trimEnd().split('\n');
      expect(lines).toEqual([
        'agent: 6 faults in scenario.yaml',
        '  scenario.yaml:2:1: machin: unknown key "machin" (did you mean "machine"?)',
        '  scenario.yaml:3:27: instance.architecture: must be one of x86_64, arm64, found "sparc"',
        '  scenario.yaml:5:3: machine.disk_free: unknown key "disk_free" (did you mean "disk_bytes_free"?)',
        '  scenario.yaml:6:42: machine.services.tomcat10.service.fails: must be "to start" or "after 300 ms", found "never"',
        expect.stringMatching(
          /^ {2}scenario\.yaml:7:24: faults\.0\.do: must be .*hang, lose-answer/,
        ),
        expect.stringMatching(/^ {2}scenario\.yaml:8:29: aws\.buckets\.b\.key: .*text, json, file/),
      ]);
    } finally {
      folder.remove();
    }
  });
});
