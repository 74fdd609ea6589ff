/** Role files by themselves: every fault with its line, its column and what was probably meant. */

import { describe, expect, it } from 'vitest';
import { faultLine } from '../../src/roles/fault.ts';
import { readFragment, readRole } from '../../src/roles/read-role.ts';
import { validateRoles } from '../../src/roles/validate.ts';
import fc from '../random-examples.ts';
import { source } from './samples.ts';

const faults = (text: string) => readRole(source('shop', text)).faults.map(faultLine);

describe('a role file', () => {
  it('may be empty', () => {
    expect(faults('')).toEqual([]);
    expect(faults('# nothing yet\n')).toEqual([]);
  });

  it('may leave any key of an entry to its parent, and remove what it inherits', () => {
    expect(
      faults(
        'artifacts: { shop: { version_id: "7" }, old: null }\nhostname: null\nfiles: { /a: { mode: null } }',
      ),
    ).toEqual([]);
  });

  it('may use anchors, but is no place for an alias bomb', () => {
    expect(faults('users: { a: &same { shell: /bin/sh }, b: *same }')).toEqual([]);
    const doubled = [...'bcdefghij'].map(
      (to, i) => `${to}: &${to} [${`*${'abcdefghi'[i]}, `.repeat(9)}]`,
    );
    const bomb = `values:\n  a: &a [x, x]\n  ${doubled.join('\n  ')}`;
    expect(faults(bomb)).toEqual([
      expect.stringMatching(/^roles\/shop.yaml:1:1: not usable YAML: .*alias/),
    ]);
  });

  it.each([
    [
      'a: 1\na: 2',
      ['roles/shop.yaml:2:1: not valid YAML: the key "a" stands here a second time: join the two'],
    ],
    [
      'files:\n\t/a: {}',
      ['roles/shop.yaml:2:1: not valid YAML: Tabs are not allowed as indentation: use spaces'],
    ],
    [
      'hostname: {{ class }}',
      [
        'roles/shop.yaml:1:12: a key must be a text; a value that begins with {{ must stand in quotes',
      ],
    ],
    ['- a', ['roles/shop.yaml:1:1: must be a map of keys, found a list']],
    ['fiels: {}', ['roles/shop.yaml:1:1: fiels: unknown key "fiels" (did you mean "files"?)']],
    [
      'files:\n  /etc/motd:\n    content: hello\n    ownr: app',
      ['roles/shop.yaml:4:5: files./etc/motd.ownr: unknown key "ownr" (did you mean "owner"?)'],
    ],
    [
      'lifecycle: { colour: red }',
      [
        'roles/shop.yaml:1:14: lifecycle.colour: unknown key "colour"; known here: hook, deadline, target_groups, register',
      ],
    ],
    [
      'lifecycle: { target_groups: [group, shop-tg, my_shop, app/shop/0c0ffee0] }',
      [
        'roles/shop.yaml:1:46: lifecycle.target_groups.2: must be the name of a target group (letters, digits and hyphens, 32 at most) or its ARN, found "my_shop"',
        'roles/shop.yaml:1:55: lifecycle.target_groups.3: must be the name of a target group (letters, digits and hyphens, 32 at most) or its ARN, found "app/shop/0c0ffee0"',
      ],
    ],
    [
      'lifecycle: { register: { load_balancers: [app/shop/0c0ffee0] } }',
      [
        'roles/shop.yaml:1:43: lifecycle.register.load_balancers.0: must be the name of a classic load balancer (letters, digits and hyphens, 32 at most); of an application or network load balancer, name the target group under target_groups, found "app/shop/0c0ffee0"',
      ],
    ],
    [
      'services:\n  web: { state: strated }',
      [
        'roles/shop.yaml:2:17: services.web.state: must be one of started, stopped, found "strated" (did you mean "started"?)',
      ],
    ],
    [
      'files: { /a: { content: x, mode: 0644 } }',
      [
        'roles/shop.yaml:1:34: files./a.mode: must be four octal digits in quotes, like "0644", found 644',
      ],
    ],
    [
      'hostname: 12',
      ['roles/shop.yaml:1:11: hostname: must be a text, found 12; put it in quotes'],
    ],
    ['hostname: ""', ['roles/shop.yaml:1:11: hostname: must not be empty']],
    [
      'probes: { w: { successes: 0 } }',
      ['roles/shop.yaml:1:27: probes.w.successes: must be at least 1, found 0'],
    ],
    [
      'probes: { w: { timeout: 0 } }',
      ['roles/shop.yaml:1:25: probes.w.timeout: must be more than 0, found 0'],
    ],
    [
      'probes: { w: { successes: 99 } }',
      ['roles/shop.yaml:1:27: probes.w.successes: must be at most 20, found 99'],
    ],
    [
      'services: { w: { needs: no } }',
      ['roles/shop.yaml:1:25: services.w.needs: must be a list, found "no"'],
    ],
    [
      'commands: { x: { run: [] } }',
      ['roles/shop.yaml:1:23: commands.x.run: must not be an empty list'],
    ],
    [
      'files: { etc/motd: {} }',
      [
        'roles/shop.yaml:1:10: files.etc/motd: this name must be an absolute path, and no template: names of entries are not filled in',
      ],
    ],
    [
      'values: { Heap: 1 }',
      ['roles/shop.yaml:1:11: values.Heap: this name must be lower_snake_case'],
    ],
    [
      'packages: { a: 3 }',
      [
        'roles/shop.yaml:1:16: packages.a: must be "present", "absent", a version in quotes, or a map with apt, dnf, wanted, found 3',
      ],
    ],
    [
      'packages: { a: { atp: b } }',
      ['roles/shop.yaml:1:18: packages.a.atp: unknown key "atp" (did you mean "apt"?)'],
    ],
    [
      'probes: { w: { http: { port: 70000 } } }',
      ['roles/shop.yaml:1:30: probes.w.http.port: must be at most 65535, found 70000'],
    ],
    [
      'probes: { w: { http: { port: yes } }, v: { tcp: { port: true } } }',
      [
        'roles/shop.yaml:1:57: probes.v.tcp.port: must be a port number, 1 to 65535, or a template that gives one, found true',
      ],
    ],
    [
      'overrides: [{ when: { instance_typ: m5.* }, set: {} }]',
      [
        'roles/shop.yaml:1:23: overrides.0.when.instance_typ: unknown key "instance_typ" (did you mean "instance_type"?)',
      ],
    ],
    [
      'overrides: [{ when: {}, set: {} }]',
      [
        'roles/shop.yaml:1:21: overrides.0.when: needs at least one of instance_type, instance_size, architecture, tag',
      ],
    ],
    [
      'overrides: [{ set: {} }]',
      ['roles/shop.yaml:1:13: overrides.0.when: is missing: must be a map of keys'],
    ],
    [
      'overrides: [{ when: { architecture: arm }, set: { extends: base } }]',
      [
        'roles/shop.yaml:1:37: overrides.0.when.architecture: must be one of x86_64, arm64, found "arm" (did you mean "arm64"?)',
        'roles/shop.yaml:1:51: overrides.0.set.extends: unknown key "extends"; known here: description, values, release, peers, secrets, hostname, users, packages, kernel_modules, sysctl, mask, directories, files, artifacts, commands, services, probes, lifecycle, recorder, drain',
      ],
    ],
    [
      'artifacts: { a: { from: "http://x/y" } }',
      [
        'roles/shop.yaml:1:25: artifacts.a.from: must be an address like s3://bucket/key, with a bucket and a key, found "http://x/y"',
      ],
    ],
    [
      'users: { a: { home: {} } }',
      ['roles/shop.yaml:1:21: users.a.home: must be an absolute path, found an empty map'],
    ],
    [
      'overrides: [{ when: { instance_type: [3] }, set: {} }]',
      [
        'roles/shop.yaml:1:39: overrides.0.when.instance_type.0: must be a text, found 3; put it in quotes',
      ],
    ],
    ['release: [x]', ['roles/shop.yaml:1:10: release: must be a map of keys, found a list']],
  ])('%j', (text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  it('reports all faults at once', () => {
    expect(faults('fiels: {}\nhostname: 3\nusers: { a: { uid: -1 } }')).toHaveLength(3);
  });
});

describe('any text at all', () => {
  const keys = [
    'files',
    'probes',
    'overrides',
    'when',
    'set',
    'values',
    'run',
    'packages',
    '/a',
    'http',
  ];
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      fc.constantFrom(null, true, 1, -1.5, '', 'x', '{{ x }}', '0644'),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('node'), { maxKeys: 4 }),
    ),
  }));

  it('gives a role or faults with places, and never throws', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom('a', ':', ' ', '\n', '- ', '{', '}', '&x', '*x', '|', '"', '\t', '<<'),
        )
        .map((parts) => parts.join('')),
      node.map((data) => JSON.stringify(data, undefined, 1)),
    );
    fc.assert(
      fc.property(text, (written) => {
        for (const { line, column, message } of readRole(source('shop', written)).faults) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(written.split('\n').length + 1);
          expect(column).toBeGreaterThanOrEqual(1);
          // The words of the libraries behind: the schema must have put them into its own.
          expect(message).not.toMatch(
            /Invalid (input|key|option|element|type)|: undefined|\[object/,
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('can be validated, and never throws', () => {
    fc.assert(
      fc.property(node, node, (shop, base) => {
        const document = { extends: 'base', files: { '/a': shop }, probes: { p: base } };
        const sources = [
          source('shop', JSON.stringify(document)),
          source('base', JSON.stringify(base)),
        ];
        expect(Array.isArray(validateRoles({ sources, templates: new Map() }))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a fragment of user data', () => {
  it('is checked where it stands in the document', () => {
    const text = '#bootstrap-agent\nclass: shop\nrole:\n  hostnam: x\n';
    const { faults: found } = readFragment(text, 'user data', 'role');
    expect(found.map(faultLine)).toEqual([
      'user data:4:3: role.hostnam: unknown key "hostnam" (did you mean "hostname"?)',
    ]);
  });

  it('is empty where there is none', () => {
    expect(readFragment('#bootstrap-agent\nclass: shop\n', 'user data', 'role').faults).toEqual([]);
  });
});
