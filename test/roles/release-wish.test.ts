/** Which release is wished for, and by whom. */
import { describe, expect, it } from 'vitest';
import { releaseWish } from '../../src/roles/release-wish.ts';
import { factsWith, faultsOf, roleOf } from './samples.ts';

const text = `
values: { bucket: "acme-{{ facts.region }}", folder: "x/{{ release.name }}" }
release:
  name: "1.0-{{ tags.Stage | default: 'test' }}"
  pointer: "s3://{{ values.bucket }}/current"
  manifest: "s3://{{ values.bucket }}/{{ values.folder }}/manifest.json"
`;
const wish = (role: string, more: Partial<Parameters<typeof releaseWish>[1]> = {}) =>
  releaseWish(roleOf(role), { facts: factsWith(), tags: {}, ...more });

describe('releaseWish', () => {
  it('takes user data before the tag, and the tag before the role', () => {
    const all = { userDataRelease: '3', tagRelease: '2' };
    expect(wish(text, all)).toMatchObject({ name: '3', nameFrom: 'user data' });
    expect(wish(text, { tagRelease: '2' })).toMatchObject({ name: '2', nameFrom: 'tag' });
    expect(wish(text)).toMatchObject({ name: '1.0-test', nameFrom: 'role' });
    expect(wish(text, { tags: { Stage: 'prod' } })).toMatchObject({ name: '1.0-prod' });
  });

  it('gives the addresses, the manifest for a release by name', () => {
    const { pointer, manifestFor } = wish(text);
    expect(pointer).toBe('s3://acme-eu-west-1/current');
    expect(manifestFor('7')).toBe('s3://acme-eu-west-1/x/7/manifest.json');
  });

  it('is empty for a role without releases', () => {
    const nothing = wish('');
    expect(nothing).toEqual({ manifestFor: expect.any(Function) });
    expect(nothing.manifestFor('7')).toBeUndefined();
  });

  it('does not fill the name of the role in when another is taken', () => {
    const role = 'release: { name: "{{ tags.Missing }}" }';
    expect(wish(role, { tagRelease: '2' }).name).toBe('2');
    expect(faultsOf(() => wish(role))).toEqual([
      expect.stringContaining(
        'roles/shop.yaml:1:22: release.name: the instance has no tag "Missing"',
      ),
    ]);
  });

  it('refuses addresses that are none, and a pointer that needs the release it is to name', () => {
    expect(faultsOf(() => wish('release: { pointer: "{{ facts.zone }}" }'))).toEqual([
      'roles/shop.yaml:1:21: release.pointer: must be an address like s3://bucket/key, with a bucket and a key, found "eu-west-1a"',
    ]);
    expect(faultsOf(() => wish('release: { pointer: "s3://a/{{ release.name }}" }'))).toEqual([
      expect.stringContaining('release.pointer: no release is known here'),
    ]);
    const { manifestFor } = wish('release: { manifest: "{{ release.name }}" }');
    expect(faultsOf(() => manifestFor('7'))).toEqual([
      expect.stringContaining('release.manifest: must be an address like s3://bucket/key'),
    ]);
  });
});
