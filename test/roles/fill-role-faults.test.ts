/** Filling a role in: every fault with its place, all at once. */
import { describe, expect, it } from 'vitest';
import { fillRole } from '../../src/roles/fill-role.ts';
import { factsWith, faultsOf, filledOf, roleOf, source } from './samples.ts';

describe('fillRole refuses', () => {
  const faults = (role: string, more: Parameters<typeof filledOf>[1] = {}) =>
    faultsOf(() => filledOf(role, more));

  it('a name that is not there, at its place in a block of text', () => {
    expect(
      faults(`files:
  /a:
    content: |
      one
        two {{ facts.memroy }}
      {{ value.x }} {{ values.prt }}
values: { port: 1 }`),
    ).toEqual([
      'roles/shop.yaml:5:16: files./a.content: there is no fact "memroy" (did you mean "memory_mib"?)',
      'roles/shop.yaml:6:10: files./a.content: there is no variable "value" (did you mean "values"?)',
      'roles/shop.yaml:6:24: files./a.content: there is no value "prt" (did you mean "port"?)',
    ]);
  });

  it.each([
    [
      'hostname: a{{ xyz }}',
      /^roles\/shop.yaml:1:15: hostname: there is no variable "xyz"; there are facts, /,
    ],
    ['hostname: "a{{ xyz }}"', /^roles\/shop.yaml:1:16: /],
    ["hostname: 'a{{ xyz }}'", /^roles\/shop.yaml:1:16: /],
    ['hostname: >\n  a\n  {{ xyz }}', /^roles\/shop.yaml:1:11: /],
    ['files: { /a: { content: "\n\n  {{ xyz }}" } }', /^roles\/shop.yaml:1:25: /],
    ['commands: { a: { run: [a, "{{ xyz }}"], creates: /a } }', /^roles\/shop.yaml:1:23: /],
    ['values: { a: [1, "{{ xyz }}"] }', /^roles\/shop.yaml:1:14: values.a/],
    ['values: { a: { b: "{{ xyz }}" } }', /^roles\/shop.yaml:1:23: values.a.b/],
    ['files: { /a: { content: "{{ secrets }}" } }', /name one of the secrets/],
    ['hostname: "{{ facts }}"', /name one of them: facts.NAME/],
    ['hostname: "{{ facts[class] }}"', /by its own name, not by a variable: facts.NAME/],
    ['hostname: "{{ values.a }}"', /there is no value "a"; the role has none/],
    ['hostname: "{{ class.name }}"', /class is a text and has no parts/],
    [
      'hostname: "{{ release.nam }}"',
      /there is no part of the release "nam" \(did you mean "name"\?\)/,
    ],
    ['hostname: "{{ release.name }}"', /no release is known here/],
    ['hostname: "{% assign tags = 1 %}x"', /"tags" has a meaning already/],
    ['hostname: "{% for facts in (1..2) %}{% endfor %}x"', /"facts" has a meaning already/],
    [
      'hostname: "{{ tags.Nam }}"',
      /the instance has no tag "Nam" \(did you mean "Name"\?\)\. Where it may be absent/,
    ],
    ['hostname: "{{ tags.Team }}"', /no tag "Team"; it has the tags Name\./],
    ['hostname: "{{ facts.hostname }}"', /there is no facts.hostname/],
    [
      'hostname: "{{ tags.Name | slice: 9 }}"',
      /^roles\/shop.yaml:1:11: hostname: must not be empty$/,
    ],
  ])('%j', (role, expected) => {
    const [fault, ...more] = faults(role, { tags: { Name: 'one' } });
    expect(fault).toMatch(expected);
    expect(more).toEqual([]);
  });

  it('values in a circle, once, showing it', () => {
    expect(
      faults(
        'values: { a: "{{ values.b }}", b: "{{ values.c }}", c: "{{ values.a }}", d: "{{ values.a }}" }\nhostname: "{{ values.d }}"',
      ),
    ).toEqual([
      'roles/shop.yaml:1:14: values.a: values refer to each other in a circle: a -> b -> c -> a',
    ]);
  });

  it('one fault once, however many texts suffer from it', () => {
    expect(
      faults(
        'values: { a: "{{ facts.nope }}", b: "{{ values.a }}" }\nprobes: { w: { tcp: { port: "{{ values.b }}" } } }',
      ),
    ).toHaveLength(1);
  });

  it.each([
    ['hostname: "{{ secrets.db }}"'],
    ['artifacts: { a: { from: "s3://x/{{ secrets.db }}", to: /a } }'],
    ['commands: { a: { run: [echo, "{{ secrets.db }}"], creates: /a } }'],
    ['commands: { a: { run: "true", unless: "{{ secrets.db }}" } }'],
    ['files: { /a: { content: x, owner: "{{ secrets.db }}" } }'],
    ['sysctl: { vm.swappiness: "{{ secrets.db }}" }'],
    ['probes: { a: { command: "{{ secrets.db }}" } }'],
  ])('a secret where none may stand: %s', (role) => {
    expect(faults(`secrets: { db: { from: x } }\n${role}`)).toEqual([
      expect.stringContaining('a secret must not stand here: only in the content of a file'),
    ]);
  });

  it.each([
    ['{{ secrets.bd }}', 'there is no secret "bd" (did you mean "db"?)'],
    [
      '{{ secrets.db | upcase }}',
      'a secret may be followed by one filter, url_encode, base64_encode, json, and no other: found upcase',
    ],
    [
      '{{ secrets.key.x }}',
      'secrets.key is the field "a" already (secrets.key.field): write secrets.key, or drop field there',
    ],
    [
      '{% assign x = secrets.db %}',
      'a secret can only be written out, as {{ secrets.NAME }}: not compared, assigned, looped over or given to a filter',
    ],
    ['{{ secrets.db.a.b }}', 'only one field of a secret can be named: secrets.NAME.FIELD'],
    ['{{ secrets[class] }}', 'a secret must be named as it is, not by a variable'],
  ])('%s', (content, message) => {
    const role = {
      secrets: { db: { from: 'x' }, key: { from: 'x', field: 'a' } },
      files: { '/a': { content } },
    };
    const [fault, ...more] = faults(JSON.stringify(role));
    expect(fault).toContain(message);
    expect(more).toEqual([]);
  });

  it('a secret in values, and a credential that is no secret', () => {
    const found = faults(
      'secrets: { db: { from: x } }\nvalues: { url: "x:{{ secrets.db }}" }\nservices: { s: { credentials: { a: dbx, b: zebra } } }',
    );
    expect(found).toEqual([
      expect.stringContaining(
        'roles/shop.yaml:2:22: values.url: a secret must not stand in values',
      ),
      'roles/shop.yaml:3:36: services.s.credentials.a: there is no secret "dbx" (did you mean "db"?)',
      'roles/shop.yaml:3:44: services.s.credentials.b: there is no secret "zebra"; declare it in secrets',
    ]);
  });

  it('a fault in a template file, naming the file', () => {
    const files = new Map([['conf/a', 'one\n  {{ facts.zon }}\n']]);
    expect(faults('files: { /a: { template: conf/a } }', { templates: files })).toEqual([
      'roles/conf/a:2:6: files./a.template: there is no fact "zon" (did you mean "zone"?)',
    ]);
  });

  it('texts that are not what they must be, once they are filled in', () => {
    expect(
      faults(`values: { z: zone }
directories: { /x: { mode: "{{ values.z }}" } }
commands: { x: { run: a, creates: "{{ values.z }}" } }
artifacts: { a: { from: "{{ values.z }}", to: "/{{ values.z }}" } }
probes: { a: { tcp: { port: "{{ values.z }}" } }, b: { tcp: { port: "{{ 65536 }}" } } }`),
    ).toEqual([
      'roles/shop.yaml:2:28: directories./x.mode: must be four octal digits in quotes, like "0644", found "zone"',
      'roles/shop.yaml:3:35: commands.x.creates: must be an absolute path, found "zone"',
      'roles/shop.yaml:4:25: artifacts.a.from: must be an address like s3://bucket/key, with a bucket and a key, found "zone"',
      'roles/shop.yaml:5:29: probes.a.tcp.port: must be a port number, 1 to 65535, found "zone"',
      'roles/shop.yaml:5:69: probes.b.tcp.port: must be a port number, 1 to 65535, found "65536"',
    ]);
  });

  it('names the override or ancestor that a faulty text came from', () => {
    const role = roleOf(
      'extends: base\noverrides: [{ when: { architecture: x86_64 }, set: { hostname: "{{ x }}" } }]',
      {
        sources: [source('base', 'files: { /a: { content: "{{ y }}" } }')],
      },
    );
    expect(faultsOf(() => fillRole(role, { facts: factsWith(), tags: {} }))).toEqual([
      expect.stringMatching(/^roles\/base.yaml:1:29: files.\/a.content: there is no variable "y"/),
      expect.stringMatching(
        /^roles\/shop.yaml:2:68: overrides\[0\] \(architecture x86_64\) hostname: there is no variable "x"/,
      ),
    ]);
  });
});
