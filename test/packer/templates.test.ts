import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { artifactName } from '../../scripts/package/release.ts';
import { only, parsedTemplates, templateFiles } from './templates.ts';

const { variables, locals, node, images, provisioners, postProcessors, packer } =
  await parsedTemplates();

const distributions = {
  al2023: { owner: '137112412989', user: 'ec2-user', format: 'rpm', root: '/dev/xvda' },
  ubuntu2404: { owner: '099720109477', user: 'ubuntu', format: 'deb', root: '/dev/sda1' },
  debian12: { owner: '136693071363', user: 'admin', format: 'deb', root: '/dev/xvda' },
  debian13: { owner: '136693071363', user: 'admin', format: 'deb', root: '/dev/xvda' },
} as const;
const architectures = { x86_64: 'x64', arm64: 'arm64' } as const;
type Distribution = keyof typeof distributions;
type Architecture = keyof typeof architectures;

const split = (name: string) => {
  const at = name.indexOf('-');
  return [name.slice(0, at) as Distribution, name.slice(at + 1) as Architecture] as const;
};

test('there is an image of each distribution for each architecture', () => {
  const wanted = Object.keys(distributions).flatMap((distribution) =>
    Object.keys(architectures).map((architecture) => `${distribution}-${architecture}`),
  );
  expect(images.map(({ name }) => name)).toEqual(wanted);
});

test('the building instance takes IMDSv2 alone, shows its tags, and so does every instance of the image', () => {
  expect(only(node.metadata_options)).toEqual({
    http_endpoint: 'enabled',
    http_tokens: 'required',
    http_put_response_hop_limit: 1,
    instance_metadata_tags: 'enabled',
  });
  expect(node.imds_support).toBe('v2.0');
});

test('what all images share, none of them says again', () => {
  const shared = new Set(Object.keys(node));
  for (const image of images)
    expect(Object.keys(image).filter((name) => shared.has(name))).toEqual([]);
});

test.each(images)('$name: the root volume is encrypted gp3, whatever it starts from', (image) => {
  expect(only(image.launch_block_device_mappings)).toEqual({
    device_name: distributions[split(image.name)[0]].root,
    delete_on_termination: true,
    encrypted: true,
    kms_key_id: `\${var.kms_key_id}`,
    volume_type: 'gp3',
    volume_size: `\${var.volume_size}`,
    iops: `\${var.volume_iops}`,
    throughput: `\${var.volume_throughput}`,
  });
});

test.each(images)(
  '$name: starts from the newest image of its publisher, with its user',
  (image) => {
    const [distribution, architecture] = split(image.name);
    const { owner, user } = distributions[distribution];
    const filter = only(image.source_ami_filter);
    const filters = filter.filters as Record<string, string>;
    expect(filter.most_recent).toBe(true);
    expect(filter.owners).toBe(`\${coalescelist(var.source_ami_owners, ["${owner}"])}`);
    expect(filters.architecture).toBe(architecture);
    const debian = architecture === 'x86_64' ? 'amd64' : 'arm64';
    expect(filters.name).toContain(`-${distribution === 'al2023' ? architecture : debian}`);
    expect(image.ssh_username).toBe(user);
    expect(image.instance_type).toBe(`\${var.instance_type_${architecture}}`);
    expect(image.ami_name).toContain(`-${image.name}-`);
  },
);

test('Amazon Linux 2023 is not taken with any kernel, nor in its minimal or ECS variant', () => {
  const name = (only(images[0]?.source_ami_filter).filters as Record<string, string>).name;
  expect(name).toContain('"al2023-ami-2023.*-kernel-6.1-x86_64"');
});

test('each image gets the package that npm run package makes for it', () => {
  const expected = images.map(({ name }) => {
    const [distribution, architecture] = split(name);
    const release = { version: '1.2.0-rc.1', epoch: 0, fast: true };
    const { format } = distributions[distribution];
    return [name, artifactName(release, format, architectures[architecture])];
  });
  const written = Object.entries(locals.package as Record<string, string>).map(([name, file]) => [
    name,
    file.replace(`\${local.package_version}`, '1.2.0~rc.1'),
  ]);
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(expected));
  expect(variables.agent_version?.default).toBe(packageJson.version);
});

test('one script makes them all, and nothing else is done to any of them', () => {
  expect(Object.keys(provisioners).sort()).toEqual(['file', 'shell']);
  const scripts = provisioners.shell?.filter(({ script }) => script !== undefined) ?? [];
  expect(scripts.map(({ script }) => script)).toEqual([`\${path.root}/provision.sh`]);
  for (const one of Object.values(provisioners).flat())
    expect(Object.keys(one)).not.toContain('only');
  expect(readdirSync('packer').filter((name) => name.endsWith('.sh'))).toEqual(['provision.sh']);
});

test('the bake ends sealed, and what a boot gets from the environment file it gets too', () => {
  const script = readFileSync('packer/provision.sh', 'utf8');
  expect(script).toMatch(/agent bake \$CLASSES .*--seal\n/);
  expect(script.trimEnd().split('\n').slice(-2)).toEqual(['take_environment', 'bake']);
});

test('a manifest says what came out', () => {
  expect(only(postProcessors.manifest)).toMatchObject({ output: `\${var.manifest}` });
});

test.each(Object.entries(variables))('variable %s is described, and checked', (name, variable) => {
  expect(String(variable.description)).toMatch(/^[A-Z].{20,}\.$|^[A-Z].{20,}[^.]$/);
  expect(variable).toHaveProperty('default');
  if (/bool/.test(String(variable.type))) return;
  const { condition, error_message } = only(variable.validation);
  expect(condition).toContain(`var.${name}`);
  expect(error_message).toMatch(/^[A-Z].*\.$/);
});

test('every variable is used', () => {
  const text = ['sources', 'build'].map((name) => readFileSync(`packer/${name}.pkr.hcl`, 'utf8'));
  const used = new Set([...text.join('').matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name));
  expect(Object.keys(variables).filter((name) => !used.has(name))).toEqual([]);
});

test('the shipped classes are the default, and each of them is a role', () => {
  const roles = readdirSync('roles').map((name) => name.replace(/\.yaml$/, ''));
  const classes = variables.classes?.default as string[];
  expect(classes).not.toEqual([]);
  expect(roles).toEqual(expect.arrayContaining(classes));
});

test('no credential can be written into a template, and no variable asks for one', () => {
  for (const name of ['access_key', 'secret_key', 'token', 'ssh_private_key_file', 'ssh_password'])
    expect(Object.keys(node)).not.toContain(name);
  for (const name of templateFiles) {
    const text = readFileSync(`packer/${name}`, 'utf8');
    expect(text).not.toMatch(/\b(AKIA|ASIA)[A-Z0-9]{16}\b|BEGIN [A-Z ]*PRIVATE KEY/);
  }
  expect(Object.keys(variables).filter((name) => /secret|password|token|key$/.test(name))).toEqual(
    [],
  );
});

test('only plugins.pkr.hcl asks for a plugin, so that a Packer with the builder inside can do without', () => {
  expect(packer).toEqual({
    required_version: '>= 1.10.0',
    required_plugins: [{ amazon: { source: 'github.com/hashicorp/amazon', version: '~> 1.6' } }],
  });
  const asking = templateFiles.filter((name) =>
    /required_plugins|required_version/.test(readFileSync(`packer/${name}`, 'utf8')),
  );
  expect(asking).toEqual(['plugins.pkr.hcl']);
});

test('the README has one command for each image', () => {
  const readme = readFileSync('packer/README.md', 'utf8');
  for (const { name } of images)
    expect(readme).toContain(`\`packer build -only='amazon-ebs.${name}' packer/\``);
});

test('without a profile there is nothing to read artifacts with, and the bake is told so', () => {
  const options = `\${concat(compact([var.iam_instance_profile == "" ? "--no-artifacts" : ""]), var.bake_options)}`;
  expect(locals.bake_options).toBe(options);
  const [, script] = provisioners.shell ?? [];
  expect(script?.environment_vars).toEqual([
    `CLASSES=\${join(" ", var.classes)}`,
    `UPGRADE=\${var.upgrade}`,
    `BAKE_OPTIONS=\${join(" ", local.bake_options)}`,
  ]);
});
