/** SBOM: npm's own CycloneDX document, narrowed to what is really inside, and without what differs from run to run. */
import type { BundledPackage } from './bundled.ts';
import type { Architecture, Release } from './release.ts';
import { run } from './tool.ts';

interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  type?: string;
}

/** A CycloneDX document, as far as it is read here. */
export interface Sbom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** What npm says of everything that package-lock.json pins, both runtimes included; `--omit dev` would drop what tools need too. */
export async function sbomOfLock(tree: string): Promise<Sbom> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  return JSON.parse(await run('npm', args, { cwd: tree }));
}

export function sbomOf(
  all: Sbom,
  packages: readonly BundledPackage[],
  architecture: Architecture,
  release: Release,
): string {
  const runtime = `node-linux-${architecture}`;
  const inside = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const kept = all.components.filter(
    ({ name, version }) => inside.has(`${name}@${version}`) || name === runtime,
  );
  const listed = new Set(kept.map(({ name, version }) => `${name}@${version}`));
  const missing = [...inside].filter((id) => !listed.has(id));
  if (missing.length > 0 || !kept.some(({ name }) => name === runtime)) {
    throw new Error(
      `Bundled, and not in package-lock.json: ${[...missing, ...(missing.length === 0 ? [runtime] : [])].join(', ')}. Run \`npm ci\` and \`npm run build\`.`,
    );
  }
  const { serialNumber: _random, ...rest } = all;
  const component = { ...all.metadata.component, type: 'application', name: 'bootstrap-agent' };
  const refs = new Set([component['bom-ref'], ...kept.map((one) => one['bom-ref'])]);
  const document = {
    ...rest,
    metadata: {
      ...all.metadata,
      timestamp: new Date(release.epoch * 1000).toISOString(),
      component,
    },
    components: kept,
    dependencies: all.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
