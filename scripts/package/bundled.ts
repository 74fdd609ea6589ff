/** Bundled: the packages of which code is in dist/, and their licences in one text. */
import { readdirSync, readFileSync } from 'node:fs';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Texts of its LICENSE and NOTICE files. */
  readonly texts: readonly string[];
}

/** By name. `modules`: paths of the source files that dist/ was made from, those that were dropped as unused not among them. */
export function bundledPackages(tree: string, modules: readonly string[]): BundledPackage[] {
  const folders = new Set<string>();
  for (const path of modules) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].sort().map((folder) => bundledPackage(`${tree}/${folder}`));
}

function bundledPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .sort()
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8').replaceAll('\r\n', '\n').trim());
  // The Apache licence is one text for all; of any other, the copyright line must come along.
  if (texts.length === 0 && license !== 'Apache-2.0') {
    throw new Error(
      `${name}@${version} (${license}) is bundled and brings no licence file: its text must be shipped.`,
    );
  }
  return { name, version, licence: license, texts };
}

/** Each text once, under the names of all packages that have it. */
export function licenceDocument(packages: readonly BundledPackage[], apacheText: string): string {
  const owners = new Map<string, string[]>();
  for (const { name, version, licence, texts } of packages) {
    for (const text of texts.length === 0 ? [apacheText.trim()] : texts) {
      owners.set(text, [...(owners.get(text) ?? []), `${name} ${version} (${licence})`]);
    }
  }
  const rule = '-'.repeat(100);
  const sections = [...owners].map(([text, names]) => `${rule}\n${names.join('\n')}\n\n${text}\n`);
  return `Code of these packages is in /opt/bootstrap-agent/dist.\n\n${sections.join('\n')}`;
}
