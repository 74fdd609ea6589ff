/** `validateRoles`: everything wrong in a folder of roles, each mistake once. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { faultLine } from '../../src/roles/fault.ts';
import { type Validation, validateRoles } from '../../src/roles/validate.ts';
import { source } from './samples.ts';

const check = (
  texts: Record<string, string>,
  templates: Record<string, string> = {},
  more: Partial<Validation> = {},
) =>
  validateRoles({
    sources: Object.entries(texts).map(([name, text]) => source(name, text)),
    templates: new Map(Object.entries(templates)),
    ...more,
  });
const lines = (...given: Parameters<typeof check>) => check(...given).map(faultLine);

describe('validateRoles', () => {
  it('finds nothing in roles that are right, whatever tags and releases they name', () => {
    const shop = `
extends: base
release: { pointer: "s3://acme/{{ tags.Stage }}", manifest: "s3://acme/{{ release.name }}/m.json" }
files: { /a: { template: a.conf } }
overrides:
  - { when: { tag: { Stage: prod } }, set: { files: { /b: { template: b.conf } } } }
`;
    const templates = {
      'a.conf': '{{ values.heap }}',
      'b.conf': '{{ facts.hostname }}',
      'README.md': '',
    };
    expect(
      lines({ shop, base: 'values: { heap: "{{ facts.memory_mib | percent: 60 }}" }' }, templates),
    ).toEqual([]);
  });

  it('tells a mistake of a base once, not for each child', () => {
    const texts = {
      base: 'fiels: {}\nhostname: 3',
      a: 'extends: base',
      b: 'extends: base\nhostnam: x',
    };
    expect(lines(texts)).toEqual([
      'roles/b.yaml:2:1: hostnam: unknown key "hostnam" (did you mean "hostname"?)',
      'roles/base.yaml:1:1: fiels: unknown key "fiels" (did you mean "files"?)',
      'roles/base.yaml:2:11: hostname: must be a text, found 3; put it in quotes',
    ]);
    const template = {
      base: 'hostname: "{{ valus.x }}"',
      a: 'extends: base\nvalues: { value: 1 }',
    };
    expect(lines(template)).toHaveLength(1);
  });

  it('tells a circle once, and a missing parent', () => {
    expect(
      lines({ a: 'extends: b', b: 'extends: a', c: 'extends: a', d: 'extends: zebra' }),
    ).toEqual([
      'roles/a.yaml:1:10: extends: roles extend each other in a circle: a -> b -> a',
      'roles/d.yaml:1:10: extends: there is no role "zebra"; there are a, b, c, d',
    ]);
  });

  it('tries each override alone, though its conditions hold for no sample instance', () => {
    const shop = `
values: { a: 1 }
overrides:
  - when: { tag: { Stage: prod } }
    set: { hostname: "{{ values.b }}" }
  - when: { instance_type: "x9.*" }
    set: { values: { a: null }, sysctl: { vm.swappiness: "{{ values.a }}" }, probes: { p: { interval: 1 } } }
  - when: { instance_type: "x8.*" }
    set: { sysctl: { vm.swappiness: "{{ values.a }}" } }
`;
    expect(lines({ shop })).toEqual([
      'roles/shop.yaml:5:26: overrides[0] (tag Stage=prod) hostname: there is no value "b"; there are a',
      'roles/shop.yaml:7:88: overrides[1] (instance_type x9.*) probes.p: needs exactly one of http, tcp, command',
    ]);
  });

  it('tries small and big instances of both architectures', () => {
    const port = (expression: string) => ({
      shop: `probes: { p: { tcp: { port: "{{ ${expression} }}" } } }`,
    });
    expect(lines(port('facts.memory_mib'))).toEqual([expect.stringMatching(/found "385000"/)]);
    expect(lines(port('facts.memory_mib | minus: 430'))).toEqual([
      expect.stringMatching(/found "-10"/),
    ]);
    const arm =
      'hostname: "{% if facts.architecture == \'arm64\' %}{{ tags.A | slice: 9 }}{% else %}x{% endif %}"';
    expect(lines({ shop: arm })).toEqual([expect.stringContaining('hostname: must not be empty')]);
  });

  it('checks release addresses, credentials and template files', () => {
    const shop = `
release: { name: "{{ release.name }}", pointer: "{{ class }}", manifest: "s3://a/{{ x }}" }
files: { /a: { template: a.conf } }
services: { s: { credentials: { a: b } } }
`;
    expect(lines({ shop }, { 'a.conf': 'ok\n{{ x }}' })).toEqual([
      'roles/a.conf:2:4: files./a.template: there is no variable "x"; there are facts, tags, values, release, class, peers, secrets',
      expect.stringContaining('roles/shop.yaml:2:22: release.name: no release is known here'),
      expect.stringContaining('roles/shop.yaml:2:49: release.pointer: must be an address like'),
      expect.stringContaining('roles/shop.yaml:2:85: release.manifest: there is no variable "x"'),
      'roles/shop.yaml:4:36: services.s.credentials.a: there is no secret "b"; declare it in secrets',
    ]);
  });

  it('warns of template files that no role uses, unless a role cannot be read', () => {
    const [warning, ...more] = check({ shop: 'files: { /a: { template: a } }' }, { a: '', b: '' });
    expect(warning).toEqual({
      source: 'b',
      path: '',
      message: 'no role uses this template file',
      severity: 'warning',
    });
    expect(more).toEqual([]);
    expect(check({ shop: 'fiels: {}' }, { a: '' }).map((one) => one.severity)).toEqual(['fault']);
  });

  it('passes each filled role to a further check, and tells each of its messages once', () => {
    const classes = new Set<string>();
    const found = lines(
      { base: '', shop: 'extends: base' },
      {},
      {
        extraCheck: (filled) => {
          classes.add(filled.class);
          return ['nothing to run'];
        },
      },
    );
    expect([...classes]).toEqual(['base', 'shop']);
    expect(found).toEqual(['roles/base.yaml: nothing to run']);
  });

  it('takes what a further check throws as its faults, if they are for a person', () => {
    const thrown = (error: Error) => () => {
      throw error;
    };
    expect(lines({ a: '' }, {}, { extraCheck: thrown(new ConfigError('one')) })).toEqual([
      'roles/a.yaml: one',
    ]);
    const two = new ConfigError('both', { faults: ['one', 'two'] });
    expect(lines({ a: '' }, {}, { extraCheck: thrown(two) })).toEqual([
      'roles/a.yaml: one',
      'roles/a.yaml: two',
    ]);
    expect(() => check({ a: '' }, {}, { extraCheck: thrown(new Error('a bug')) })).toThrow('a bug');
  });
});
