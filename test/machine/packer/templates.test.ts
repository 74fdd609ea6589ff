import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { architectures, artifactName } from '../../../scripts/package/release.ts';
import { only, parsedTemplates } from '../../packer/templates.ts';
import { sh } from '../sh.ts';
import { newerThanDebian, templatesForDebian } from './old-packer.ts';
import { packer, said } from './packer.ts';
import { keyOf, values } from './values.ts';

const { variables, images, node } = await parsedTemplates();
const folder = mkdtempSync(join(tmpdir(), 'packer-templates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  templatesForDebian(join(folder, 'packer'));
  // As much as Packer looks at before it starts anything: that they are there.
  cpSync('roles', join(folder, 'roles'), { recursive: true });
  for (const name of ['agent.yaml', 'environment']) writeFileSync(join(folder, name), '');
  mkdirSync(join(folder, 'out'));
  const release = { version: packageJson.version, epoch: 0, fast: true };
  for (const architecture of Object.keys(architectures) as (keyof typeof architectures)[])
    for (const format of ['deb', 'rpm'] as const)
      writeFileSync(join(folder, 'out', artifactName(release, format, architecture)), '');
});

/** Neither EC2 nor the metadata service is asked. */
const offline = {
  region: 'eu-west-1',
  skip_region_validation: true,
  skip_metadata_api_check: true,
};

function validate(given: Readonly<Record<string, unknown>>, only = '*') {
  const file = join(folder, 'given.pkrvars.json');
  writeFileSync(file, JSON.stringify({ ...offline, ...given }));
  return packer(folder, 'validate', `-var-file=${file}`, `-only=amazon-ebs.${only}`, 'packer');
}

test('all that is kept from Debian’s Packer is what it does not know', async () => {
  const path = join(folder, 'packer/sources.pkr.hcl');
  const copy = (await parse(path, readFileSync(path, 'utf8'))).source['amazon-ebs'].node[0];
  const kept = [...newerThanDebian.attributes, ...newerThanDebian.blocks].sort();
  expect(
    Object.keys(node)
      .filter((name) => !(name in copy))
      .sort(),
  ).toEqual(kept);
  expect(node).toMatchObject(copy);
});

test('each of those is indeed refused by it', () => {
  const spare = join(folder, 'spare');
  for (const name of [...newerThanDebian.attributes, ...newerThanDebian.blocks]) {
    cpSync(join(folder, 'packer'), spare, { recursive: true });
    const path = join(spare, 'sources.pkr.hcl');
    const line = (newerThanDebian.blocks as readonly string[]).includes(name) ? '{}' : '= null';
    const text = readFileSync(path, 'utf8').replace('  aws_polling {', `  ${name} ${line}\n$&`);
    writeFileSync(path, text);
    const ran = packer(folder, 'validate', '-only=amazon-ebs.debian12-x86_64', spare);
    expect(said(ran), name).toMatch(new RegExp(`named "${name}"|type "${name}"`));
    expect(ran.code).not.toBe(0);
  }
});

test.each(images.map(({ name }) => name))('%s: the builder takes it as it stands', (name) => {
  const ran = validate({}, name);
  expect(said(ran)).toBe('');
  expect(ran.code).toBe(0);
});

test('with every variable given', () => {
  const given = Object.fromEntries(
    Object.entries(values).map(([name, { good }]) => [name, good.at(-1)]),
  );
  const everything = {
    ...given,
    upgrade: false,
    associate_public_ip_address: true,
    region: 'eu-west-1',
    ami_regions: ['us-east-1'],
    ami_users: ['210987654321'],
    region_kms_key_ids: { 'us-east-1': keyOf('us-east-1') },
    ssh_interface: 'session_manager',
  };
  const missing = Object.keys(variables).filter(
    (name) => !(name in everything) && !(name in offline),
  );
  expect(missing).toEqual([]);
  const ran = validate(everything);
  expect(said(ran)).toBe('');
  expect(ran.code).toBe(0);
});

describe('each variable that can be wrong', () => {
  const checked = Object.keys(variables).filter((name) => variables[name]?.validation);
  // Packer tells all faults at once: a round gives every variable its next value.
  const rounds = (kind: 'good' | 'bad') =>
    Array.from({ length: Math.max(...checked.map((name) => values[name]?.[kind].length ?? 0)) })
      .map((_, n) => checked.flatMap((name) => turnOf(name, kind, n)))
      .map((given, n) => [n + 1, Object.fromEntries(given)] as const);

  test('has its cases', () => {
    expect(Object.keys(values).sort()).toEqual(checked.sort());
    for (const { good, bad } of Object.values(values)) {
      expect(good).not.toEqual([]);
      expect(bad).not.toEqual([]);
    }
  });

  test.each(rounds('good'))('taken, round %i', (_, given) => {
    const ran = validate(given, 'debian12-x86_64');
    expect(said(ran)).toBe('');
    expect(ran.code).toBe(0);
  });

  test.each(rounds('bad'))('refused, round %i', (_, given) => {
    const ran = validate(given, 'debian12-x86_64');
    const told = checked.filter((name) => said(ran).includes(messageOf(name)));
    expect(told.sort()).toEqual(Object.keys(given).sort());
    expect(ran.code).toBe(1);
  });
});

function turnOf(name: string, kind: 'good' | 'bad', n: number): [string, unknown][] {
  const all = values[name]?.[kind] ?? [];
  return n < all.length ? [[name, all[n]]] : [];
}

function messageOf(name: string): string {
  return String(only(variables[name]?.validation).error_message).replace(/\s+/g, ' ');
}

test.each([
  ['a package that was not built', { agent_version: '9.9.9' }, /Bad source .*9\.9\.9/],
  ['roles that are not there', { roles: 'no-roles' }, /Bad source 'no-roles'/],
  ['sharing under a key that cannot be', { ami_users: ['210987654321'] }, /default KMS key/],
  [
    'a key for a Region that gets no copy',
    { region_kms_key_ids: { 'us-east-1': keyOf('us-east-1') } },
    /us-east-1 is in region_kms_key_ids but not in ami_regions/,
  ],
  ['Session Manager without a profile', { ssh_interface: 'session_manager' }, /instance.?profile/i],
  ['a misspelt variable', { clases: ['tomcat'] }, /clases/],
])('%s is told before anything is started', (_, given, message) => {
  const ran = validate(given, 'debian12-x86_64');
  expect(said(ran)).toMatch(message);
});

test('packer fmt has nothing to change', () => {
  expect(said(packer(process.cwd(), 'fmt', '-check', '-diff', 'packer'))).toBe('');
});

test('shellcheck finds no fault in what runs as root on machines of others', () => {
  const scripts = ['packer/provision.sh', 'packaging/agent'];
  for (const name of ['after-install', 'after-remove', 'before-remove'])
    scripts.push(`packaging/scripts/${name}.sh`);
  expect(sh('shellcheck', ...scripts)).toBe('');
});
