/** The schema of role files: the one source for validation, for the JSON Schema that editors use, and for docs/roles.md. */
import { z } from 'zod';

const template = (what: string) => z.string().describe(`${what} A template.`);
const seconds = (what: string) =>
  z.number().positive().max(172_800).describe(`${what}, in seconds.`);
const path = z.string().startsWith('/', 'must be an absolute path');
const mode = z
  .string()
  .regex(/^0[0-7]{3}$/, 'must be four octal digits in quotes, like "0644"')
  .describe('Permission bits, four octal digits in quotes.');
const owner = z.string().describe('User name; default root.');
const group = z.string().describe('Group name; default root.');
const owned = { owner: owner.optional(), group: group.optional(), mode: mode.optional() };
const after = {
  after: z
    .array(z.string())
    .optional()
    .describe(
      'Ids of steps that must come first, beyond those found by themselves: "file:/etc/a", "command:migrate".',
    ),
};
const argv = z.array(z.string()).min(1);
const command = z
  .union([z.string().min(1), argv])
  .describe(
    'A shell command line (run by /bin/sh -euc), or a list: the program and its arguments. Each a template.',
  );
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');
const s3Uri = z.string().startsWith('s3://', 'must be an s3:// address');

const values = z
  .record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower_snake_case'), z.json())
  .describe(
    'Values for templates, as values.NAME. A string in it is itself a template over facts and other values.',
  );

const release = z
  .strictObject({
    name: template(
      'The release to run when neither user data nor the tag Release names one.',
    ).optional(),
    pointer: s3Uri
      .optional()
      .describe('Small object that holds the name of the current release; asked last. A template.'),
    manifest: s3Uri
      .optional()
      .describe(
        'Release manifest: a JSON object that lists the files beside it with sha256 and size. A template; release.name is known here.',
      ),
  })
  .describe('Which release this class runs. Order: user data, tag Release, name, pointer.');

const secret = z.strictObject({
  from: template('Name or ARN in Secrets Manager.'),
  field: z.string().optional().describe('JSON field to take; otherwise the whole value.'),
  version_stage: z.string().optional().describe('Staging label; default AWSCURRENT.'),
  owner: owner.optional(),
  group: group.optional(),
});

const user = z.strictObject({
  system: z.boolean().optional().describe('A system account (default true).'),
  uid: z.number().int().min(1).max(65_533).optional(),
  group: group.optional(),
  groups: z.array(z.string()).optional(),
  home: path.optional(),
  shell: path.optional().describe('Login shell; default /usr/sbin/nologin.'),
});

const packageWanted = z
  .union([
    z.string().min(1),
    z.strictObject({
      apt: z.string().optional().describe('Name on Debian and Ubuntu.'),
      dnf: z.string().optional().describe('Name on Amazon Linux and Fedora.'),
      wanted: z.string().optional(),
    }),
  ])
  .describe('"present", "absent", a version, or names that differ between apt and dnf.');

const kernelModule = z
  .strictObject({
    options: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  })
  .describe('Module options; {} for none.');

const directory = z.strictObject({ ...owned, ...after });

const file = z.strictObject({
  content: template('The content, in place.').optional(),
  template: z.string().optional().describe('Template file, relative to the roles folder.'),
  ...owned,
  ...after,
});

const artifact = z.strictObject({
  from: s3Uri.describe('The object: s3://bucket/key. A template.'),
  version_id: z.string().optional().describe('S3 version id.'),
  sha256: sha256
    .optional()
    .describe('Digest of the object; may be left out when the release manifest lists it.'),
  to: path.describe(
    'Where it goes: the file itself, or, unpacked, a symlink to the current release. A template.',
  ),
  unpack: z
    .boolean()
    .optional()
    .describe('Unpack (default: by the ending: .tar .tar.gz .tgz .tar.zst .zip).'),
  strip: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Leading path components to remove when unpacking (default 0).'),
  keep: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Unpacked releases to keep, the current one included (default 3).'),
  max_unpacked_mib: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Refuse more than this when unpacking (default 4096).'),
  max_files: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Refuse more members than this (default 200000).'),
  ...owned,
  ...after,
});

const roleCommand = z.strictObject({
  run: command,
  creates: path.optional().describe('Done when this path exists. A template.'),
  unless: command.optional().describe('Done when this command exits 0.'),
  user: z.string().optional(),
  cwd: path.optional(),
  env: z
    .record(z.string(), z.string())
    .optional()
    .describe('Environment; each value a template, secrets allowed.'),
  timeout: seconds('Longest run (default 300)').optional(),
  ...after,
});

const service = z.strictObject({
  enable: z
    .boolean()
    .optional()
    .describe(
      'Start it at boot by systemd as well (default false: the agent starts it once the node is ready for it).',
    ),
  state: z.enum(['started', 'stopped']).optional().describe('Default started.'),
  unit: template('A whole unit file, written to /etc/systemd/system.').optional(),
  drop_in: template('A drop-in for a unit that a package brought.').optional(),
  credentials: z
    .record(z.string(), z.string())
    .optional()
    .describe('systemd credentials: name in the unit -> name in secrets.'),
  timeout: seconds('Longest start (default 90)').optional(),
  needs: z
    .array(z.string())
    .optional()
    .describe(
      'What must be there first: ids or patterns ("file:/etc/nginx/*"). Default: every step that is not a service.',
    ),
  ...after,
});

const probeTiming = {
  interval: seconds('Longest pause between two tries (default 5)').optional(),
  timeout: seconds('One try (default 2)').optional(),
  successes: z
    .number()
    .int()
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Successes in a row that count as healthy (default 1, as for a new target of a load balancer).',
    ),
  deadline: seconds('From the last step until the node counts as failed (default 300)').optional(),
};
const port = z
  .union([z.number().int().min(1).max(65_535), z.string()])
  .describe('Port number, or a template that gives one.');

const probe = z.union([
  z.strictObject({
    http: z.strictObject({
      port,
      path: z.string().startsWith('/').optional().describe('Default /.'),
      host: z.string().optional().describe('Host header; default: localhost.'),
      codes: z
        .string()
        .regex(/^\d{3}([-,]\d{3})*$/, 'must look like "200", "200-299" or "200,204"')
        .optional()
        .describe('Accepted codes, as a target group spells them (default 200).'),
    }),
    ...probeTiming,
  }),
  z.strictObject({ tcp: z.strictObject({ port }), ...probeTiming }),
  z.strictObject({ command, ...probeTiming }),
]);

const lifecycle = z.strictObject({
  hook: z
    .string()
    .optional()
    .describe('Name of the launch hook; default: the only launch hook of the group.'),
  deadline: seconds('Longest boot before ABANDON (default 900)').optional(),
});

const sysctlValue = z.union([z.string(), z.number()]);

const sections = {
  description: z.string().optional().describe('What a node of this class is, in a sentence.'),
  values: values.optional(),
  release: release.optional(),
  secrets: z
    .record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower_snake_case'), secret.nullable())
    .optional()
    .describe(
      'Secrets by the name that templates use: secrets.NAME, or secrets.NAME.FIELD of a JSON value.',
    ),
  hostname: template('Host name to set.').optional(),
  users: z.record(z.string(), user.nullable()).optional().describe('Users by name.'),
  packages: z.record(z.string(), packageWanted.nullable()).optional().describe('Packages by name.'),
  kernel_modules: z
    .record(z.string(), kernelModule.nullable())
    .optional()
    .describe('Kernel modules by name.'),
  sysctl: z
    .record(z.string().regex(/^[a-zA-Z0-9_][a-zA-Z0-9_./-]*$/), sysctlValue.nullable())
    .optional()
    .describe('Kernel parameters: key and value, a value may be a template.'),
  directories: z.record(path, directory.nullable()).optional().describe('Directories by path.'),
  files: z.record(path, file.nullable()).optional().describe('Files by path.'),
  artifacts: z.record(z.string(), artifact.nullable()).optional().describe('S3 objects by name.'),
  commands: z
    .record(z.string(), roleCommand.nullable())
    .optional()
    .describe('Commands by name, each guarded by creates or unless.'),
  services: z
    .record(z.string(), service.nullable())
    .optional()
    .describe('systemd units by name; .service may be left out.'),
  probes: z
    .record(z.string(), probe.nullable())
    .optional()
    .describe('What proves the node healthy, by name. All must succeed.'),
  lifecycle: lifecycle.optional(),
};

const pattern = z.union([z.string(), z.array(z.string()).min(1)]);

const when = z
  .strictObject({
    instance_type: pattern
      .optional()
      .describe('Instance type, or a pattern with *: "m5.*", "*.metal".'),
    instance_size: pattern.optional().describe('"large", "2xlarge", ...'),
    architecture: z.enum(['x86_64', 'arm64']).optional(),
    tag: z
      .record(z.string(), pattern)
      .optional()
      .describe('Instance tags by name; all must match.'),
  })
  .describe('All conditions given must hold.');

/** A role fragment: what an override, a config overlay or user data may hold. `null` removes an inherited entry. */
export const roleFragmentSchema = z.strictObject(sections);

export const roleSchema = z
  .strictObject({
    extends: z.string().optional().describe('Name of the role this one starts from.'),
    ...sections,
    overrides: z
      .array(z.strictObject({ when, set: roleFragmentSchema }))
      .optional()
      .describe('Fragments for some instances only, applied in order; later ones win.'),
  })
  .describe('A role: what a node of one class consists of.');

/** A role file as written. */
export type RoleFile = z.infer<typeof roleSchema>;
export type RoleFragment = z.infer<typeof roleFragmentSchema>;
