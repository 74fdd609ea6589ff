/** agent.yaml: what is baked into an image for the agent. */
import { describe, expect, it } from 'vitest';
import { overlayAddress, readAgentConfig } from '../../src/roles/agent-config.ts';
import { factsWith, faultsOf } from './samples.ts';

const read = (text: string) => readAgentConfig(text, '/etc/bootstrap-agent/agent.yaml');
const subject = { facts: factsWith(), class: 'shop' };

describe('agent.yaml', () => {
  it('may be empty', () => {
    const config = read('');
    expect(config.tags).toEqual({ class: 'Class', release: 'Release' });
    expect(config).not.toHaveProperty('class');
    expect(overlayAddress(config, subject)).toBeUndefined();
  });

  it('gives what it says', () => {
    const config = read('class: shop\ntags: { class: Kind }\ndeadline: 600');
    expect(config).toMatchObject({
      class: 'shop',
      tags: { class: 'Kind', release: 'Release' },
      deadline: 600,
    });
  });

  it('names an overlay by region and class', () => {
    const config = read('overlay: "s3://acme-{{ facts.region }}/overlays/{{ class }}.yaml"');
    expect(overlayAddress(config, subject)).toBe('s3://acme-eu-west-1/overlays/shop.yaml');
  });

  it.each([
    ['clas: shop', '1:1: clas: unknown key "clas" (did you mean "class"?)'],
    ['class: shop\ndeadline: soon', '2:11: deadline: must be a number, found "soon"'],
    ['class: [', '1:9: not valid YAML:'],
    ['overlay: http://x', '1:10: overlay: must be an address like s3://bucket/key'],
    [
      'overlay: "s3://a/{{ tags.Stage }}"',
      '1:21: overlay: only facts and class are known here, not "tags"',
    ],
    ['overlay: "s3://a/{{ facts.hostname }}"', '1:21: overlay: facts.hostname is not known yet'],
    [
      'overlay: "s3://a/{{ facts.zon }}"',
      '1:21: overlay: there is no fact "zon" (did you mean "zone"?)',
    ],
    ['overlay: "s3://a/{{ class"', '1:18: overlay: output'],
    ['overlay: "s3://a/{% assign facts = 1 %}x"', '1:28: overlay: "facts" has a meaning already'],
  ])('%j is refused', (text, expected) => {
    expect(faultsOf(() => read(text))[0]).toContain(`/etc/bootstrap-agent/agent.yaml:${expected}`);
  });

  it('refuses an overlay that is no address once it is filled in', () => {
    const nowhere = read('overlay: "{{ facts.zone }}"');
    expect(faultsOf(() => overlayAddress(nowhere, subject))).toEqual([
      '/etc/bootstrap-agent/agent.yaml:1:10: overlay: must be an address like s3://bucket/key, found "eu-west-1a"',
    ]);
    const wrong = read('overlay: "s3://a/{{ class | times: 2 }}"');
    expect(faultsOf(() => overlayAddress(wrong, subject))).toEqual([
      '/etc/bootstrap-agent/agent.yaml:1:18: overlay: times works on numbers, found "shop"',
    ]);
  });
});
