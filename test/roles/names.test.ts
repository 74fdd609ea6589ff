/** What roles mention, so that nothing else is looked up. */
import { describe, expect, it } from 'vitest';
import { namedIn, namedInSources } from '../../src/roles/names.ts';
import { roleOf, source } from './samples.ts';

const text = `
extends: base
hostname: "{{ facts.hostname }}"
values: { a: "{{ tags.Name }} {{ facts.vcpus }}", list: ["{{ tags['app:stage'] }}"] }
secrets: { db: { from: "prod/{{ tags.Stage | default: 'x' }}" } }
files: { /a: { template: a.conf } }
overrides:
  - when: { tag: { Team: a } }
    set: { values: { b: "{{ facts.purchase_option }}" }, files: { /b: { template: b.conf } } }
`;
const base = source('base', 'commands: { c: { run: [echo, "{{ facts.ipv6 }}"], creates: /x } }');
const templates = new Map([
  ['a.conf', '{% if tags.Debug %}{{ secrets.db }}{% endif %}'],
  ['b.conf', '{{ facts.public_ipv4 }}'],
  ['unused.conf', '{{ tags.Unused }}'],
]);

describe('namedIn', () => {
  it('finds lazy facts, tags and secrets in all texts and template files of the role', () => {
    expect(namedIn(roleOf(text, { sources: [base], templates }))).toEqual({
      facts: ['hostname', 'ipv6'],
      tags: ['Debug', 'Name', 'Stage', 'app:stage'],
      secrets: ['db'],
    });
  });

  it('is empty for an empty role', () => {
    expect(namedIn(roleOf(''))).toEqual({ facts: [], tags: [], secrets: [] });
  });
});

describe('namedInSources', () => {
  const named = (more: object = {}) =>
    namedInSources({
      class: 'shop',
      sources: [source('shop', text), base, source('other', 'hostname: "{{ tags.Other }}"')],
      templates,
      ...more,
    });

  it('counts every override, whether it will apply or not, and the tags of its conditions', () => {
    expect(named()).toEqual({
      facts: ['hostname', 'public_ipv4', 'ipv6', 'purchase_option'],
      tags: ['Debug', 'Name', 'Stage', 'Team', 'app:stage'],
      secrets: ['db'],
    });
  });

  it('counts overlays and the fragment of user data', () => {
    const more = named({
      overlays: [{ source: 's3://acme/o.yaml', text: 'hostname: "{{ tags.Overlay }}"' }],
      fragment: { values: { x: '{{ tags.UserData }}' } },
    });
    expect(more.tags).toEqual([
      'Debug',
      'Name',
      'Overlay',
      'Stage',
      'Team',
      'UserData',
      'app:stage',
    ]);
  });

  it('leaves faults to others', () => {
    expect(named({ class: 'nobody' })).toEqual({ facts: [], tags: [], secrets: [] });
    const broken = [source('shop', 'hostname: "{{ tags.A | nofilter }}"\nfiels: 1')];
    expect(named({ sources: broken }).tags).toEqual([]);
  });
});
