import { describe, expect, it } from 'vitest';
import { namedIn, namedInSources } from '../../src/roles/names.ts';
import { peerWish } from '../../src/roles/peer-wish.ts';
import { facts, identityOf } from '../plan/fixtures.ts';
import { faultsOf, filledOf, roleOf, source } from './samples.ts';

const text = 'peers: { same_tags: [Cluster] }\nfiles: { /a: { content: "{{ peers | size }}" } }\n';
const identity = identityOf({ tags: { Class: 'shop', Cluster: 'blue' } });

describe('peerWish', () => {
  it('goes by the class tag and those that the role names', () => {
    expect(peerWish(roleOf(text), identity, 'Class')).toEqual({
      tags: { Class: 'shop', Cluster: 'blue' },
    });
    expect(peerWish(roleOf('description: x'), identity, 'Class')).toBeUndefined();
  });

  it('leaves the class tag out where something else chose the class', () => {
    const choice = { ...identity.class, source: 'user data' } as const;
    expect(peerWish(roleOf(text), { ...identity, class: choice }, 'Class')).toEqual({
      tags: { Cluster: 'blue' },
    });
  });

  it('says which tag the instance lacks; an empty one tells nobody apart', () => {
    for (const tags of [{ Class: 'shop' }, { Class: 'shop', Cluster: '' }])
      expect(peerWish(roleOf(text), { ...identity, tags }, 'Class')).toEqual({ lacks: 'Cluster' });
  });

  it('has its tags read before it is asked', () => {
    expect(namedIn(roleOf(text)).tags).toEqual(['Cluster']);
    const sources = [source('shop', text)];
    expect(namedInSources({ class: 'shop', sources, templates: new Map() }).tags).toEqual([
      'Cluster',
    ]);
  });
});

describe('peers in templates', () => {
  it('are a list', () => {
    const loop = '{% for peer in peers %}{{ peer.zone }} {% endfor %}';
    const role = `peers: { same_tags: [Cluster] }\nfiles: { /a: { content: "${loop}" } }\n`;
    const peer = { instance_id: 'i-1', private_ipv4: '10.0.0.1', zone: 'eu-west-1b' };
    const filled = filledOf(role, { peers: [peer, { ...peer, zone: 'eu-west-1c' }] });
    expect(filled.document.files['/a']?.content).toEqual(['eu-west-1b eu-west-1c ']);
  });

  it('are a fault where the role does not ask for them, and where a part is misspelt', () => {
    const without = 'files: { /a: { content: "{{ peers | size }}" } }\n';
    expect(faultsOf(() => filledOf(without))).toEqual([
      expect.stringMatching(/files.\/a.content: no peers are known here.*section peers/),
    ]);
    const misspelt = `peers: { same_tags: [Cluster] }\nfiles: { /a: { content: "{{ peers[0].address }}" } }\n`;
    const peers = [{ instance_id: 'i-1', private_ipv4: '10.0.0.1', zone: facts.zone }];
    expect(faultsOf(() => filledOf(misspelt, { peers }))).toEqual([
      expect.stringContaining('there is no peers.0.address'),
    ]);
  });

  it('must be found by names of tags', () => {
    expect(faultsOf(() => roleOf('peers: { same_tags: ["a b"] }'))).toEqual([
      expect.stringContaining('must be the name of an instance tag'),
    ]);
    expect(faultsOf(() => roleOf('peers: {}'))).toHaveLength(1);
  });
});
