/** From a class to its role: ancestry, overrides, overlays, user data. */
import { describe, expect, it } from 'vitest';
import { selectRole } from '../../src/roles/resolve-role.ts';
import { factsWith, faultsOf, roleOf, source } from './samples.ts';

const base = source(
  'base',
  `
values: { share: 50, keep: 1 }
sysctl: { vm.swappiness: 10 }
packages: { curl: present, telnet: present }
overrides:
  - when: { architecture: x86_64 }
    set: { values: { from_base_override: 1, share: 55 } }
`,
);

describe('selectRole', () => {
  it('merges ancestors, then the role, then the overrides of all, then overlays, then user data', () => {
    const role = roleOf(
      `
extends: base
values: { share: 60, own: 1 }
packages: { telnet: null }
overrides:
  - when: { instance_type: "m5.*" }
    set: { values: { share: 70, by_type: 1 } }
  - when: { instance_type: "c7g.*" }
    set: { values: { share: 99 } }
`,
      {
        sources: [base],
        overlays: [
          { source: 's3://acme/overlay.yaml', text: 'values: { share: 80, by_type: null }' },
        ],
        userData: { text: '#bootstrap-agent\nrole:\n  values: { share: 90 }\n' },
      },
    );
    expect(role.ancestry).toEqual(['shop', 'base']);
    expect(role.document).toEqual({
      values: { share: 90, keep: 1, own: 1, from_base_override: 1 },
      sysctl: { 'vm.swappiness': 10 },
      packages: { curl: 'present' },
    });
    const { at, replaced } = role.origins.get('values.share') ?? {};
    expect(at).toMatchObject({ source: 'user data', line: 3, column: 20 });
    expect(replaced?.map((one) => [one.value, one.at.source, one.at.within])).toEqual([
      [80, 's3://acme/overlay.yaml', undefined],
      [70, 'roles/shop.yaml', 'overrides[0] (instance_type m5.*)'],
      [55, 'roles/base.yaml', 'overrides[0] (architecture x86_64)'],
      [60, 'roles/shop.yaml', undefined],
      [50, 'roles/base.yaml', undefined],
    ]);
  });

  it.each([
    ['{ instance_type: m5.large }', true],
    ['{ instance_type: "m5*" }', true],
    ['{ instance_type: "*" }', true],
    ['{ instance_type: m5 }', false],
    ['{ instance_type: "m5xlarge" }', false],
    ['{ instance_type: [c5.large, "*.large"] }', true],
    ['{ instance_size: large }', true],
    ['{ instance_size: "*xlarge" }', false],
    ['{ architecture: arm64 }', false],
    ['{ tag: { Stage: prod } }', true],
    ['{ tag: { Stage: ["test", "pr*"] } }', true],
    ['{ tag: { Stage: test } }', false],
    ['{ tag: { Team: "*" } }', false],
    ['{ tag: { Stage: prod, Team: a } }', false],
    ['{ instance_size: large, tag: { Stage: prod } }', true],
    ['{ instance_size: small, tag: { Stage: prod } }', false],
  ])('an override when %s: %s', (when, applies) => {
    const role = roleOf(`overrides: [{ when: ${when}, set: { hostname: changed } }]`, {
      tags: { Stage: 'prod' },
    });
    expect(role.document.hostname).toBe(applies ? 'changed' : undefined);
  });

  it('later overrides win over earlier ones', () => {
    const role = roleOf(`
overrides:
  - { when: { architecture: x86_64 }, set: { hostname: one } }
  - { when: { architecture: x86_64 }, set: { hostname: two } }`);
    expect(role.document.hostname).toBe('two');
  });

  it('describes the conditions of an override in words', () => {
    const role = roleOf(
      `
overrides:
  - when: { instance_type: [m5.*, c5.*], instance_size: large, architecture: x86_64, tag: { Stage: prod } }
    set: { hostname: h }`,
      { tags: { Stage: 'prod' } },
    );
    expect(role.origins.get('hostname')?.at.within).toBe(
      'overrides[0] (instance_type m5.* or c5.*, instance_size large, architecture x86_64, tag Stage=prod)',
    );
  });

  it('reads only the role and its ancestors, so that a broken stranger does no harm', () => {
    expect(
      roleOf('extends: base', { sources: [base, source('other', 'fiels: 1')] }).ancestry,
    ).toEqual(['shop', 'base']);
  });
});

describe('selectRole refuses', () => {
  const select = (name: string, ...texts: [string, string][]) =>
    selectRole({
      class: name,
      sources: texts.map(([role, text]) => source(role, text)),
      templates: new Map([['shop.conf', '']]),
      facts: factsWith(),
      tags: {},
    });

  it('a class without a role, naming the classes there are', () => {
    expect(() => select('tomact', ['tomcat', ''], ['php', ''])).toThrow(
      'No role for class "tomact": there are roles for php, tomcat (did you mean "tomcat"?)',
    );
    expect(() => select('zebra', ['tomcat', ''])).toThrow(
      /there are roles for tomcat\. Set another/,
    );
    expect(() => select('tomcat')).toThrow('there are no roles at all');
    expect(() => roleOf('', { class: 'php', tagNames: ['Name', 'Class'] })).toThrow(
      'The instance has the tags Name, Class.',
    );
  });

  it('a parent that is not there', () => {
    expect(faultsOf(() => select('shop', ['shop', 'extends: bsae'], ['base', '']))).toEqual([
      'roles/shop.yaml:1:10: extends: there is no role "bsae" (did you mean "base"?)',
    ]);
    expect(faultsOf(() => select('shop', ['shop', 'extends: zebra'], ['base', '']))).toEqual([
      'roles/shop.yaml:1:10: extends: there is no role "zebra"; there are shop, base',
    ]);
  });

  it('roles that extend each other, showing the circle', () => {
    const circle: [string, string][] = [
      ['a', 'extends: b'],
      ['b', 'extends: c'],
      ['c', 'extends: a'],
      ['d', 'extends: c'],
      ['self', 'extends: self'],
    ];
    const expected = [
      'roles/a.yaml:1:10: extends: roles extend each other in a circle: a -> b -> c -> a',
    ];
    for (const name of ['a', 'b', 'c', 'd']) {
      expect(faultsOf(() => select(name, ...circle))).toEqual(expected);
    }
    expect(faultsOf(() => select('self', ...circle))).toEqual([
      'roles/self.yaml:1:10: extends: roles extend each other in a circle: self -> self',
    ]);
  });

  it('faults of every file and fragment it read, all at once, in reading order', () => {
    const attempt = () =>
      roleOf('extends: base\nfiels: {}', {
        sources: [source('base', 'hostnam: x')],
        overlays: [{ source: 's3://acme/o.yaml', text: 'overrides: []' }],
        userData: { text: 'role: { extends: x }' },
      });
    expect(faultsOf(attempt).map((line) => line.split(': unknown')[0])).toEqual([
      'roles/base.yaml:1:1: hostnam',
      'roles/shop.yaml:2:1: fiels',
      's3://acme/o.yaml:1:1: overrides',
      'user data:1:9: role.extends',
    ]);
    expect(attempt).toThrow(
      '4 faults in roles/base.yaml, roles/shop.yaml, s3://acme/o.yaml, user data',
    );
  });

  it('entries that are not whole once everything is merged', () => {
    const text = `
artifacts:
  shop: { version_id: "7" }
files:
  /a: { owner: app }
  /b: { content: x, template: shop.conf }
  /c: { template: shop.cnf }
  /d: { template: zebra }
commands:
  go: { run: "true" }
probes:
  web: { interval: 3 }
  two: { tcp: { port: 1 }, command: "true" }
`;
    expect(faultsOf(() => select('shop', ['shop', text]))).toEqual([
      'roles/shop.yaml:3:3: artifacts.shop.from: is missing: must be an address like s3://bucket/key, with a bucket and a key',
      'roles/shop.yaml:3:3: artifacts.shop.to: is missing: must be an absolute path',
      'roles/shop.yaml:5:3: files./a: needs exactly one of content, template',
      'roles/shop.yaml:6:3: files./b: needs exactly one of content, template',
      'roles/shop.yaml:7:19: files./c.template: there is no template file "shop.cnf" (did you mean "shop.conf"?)',
      'roles/shop.yaml:8:19: files./d.template: there is no template file "zebra"; it is looked for in the roles folder',
      'roles/shop.yaml:10:3: commands.go: needs creates, unless or once: a command says how to tell that it has been done',
      'roles/shop.yaml:12:3: probes.web: needs exactly one of http, tcp, command',
      'roles/shop.yaml:13:3: probes.two: needs exactly one of http, tcp, command',
    ]);
  });

  it('an incomplete entry of an override, naming the override', () => {
    const [fault] = faultsOf(() =>
      roleOf(
        'overrides: [{ when: { architecture: x86_64 }, set: { probes: { web: { interval: 3 } } } }]',
      ),
    );
    expect(fault).toContain('overrides[0] (architecture x86_64) probes.web: needs exactly one of');
  });
});
