/** The entries of a role's sections: what one file, service, artifact, ... may say. */
import { z } from 'zod';

/** Any string of a role may hold a template; what it must look like is then checked once it is filled in. */
const filledLater = '\\{[{%]';
export const shaped = (pattern: string, message: string) =>
  z.string({ error: message }).regex(new RegExp(`${pattern}|${filledLater}`), { error: message });

/** An optional key with its meaning and, where there is one, the value taken when it is absent. */
export function optional<T extends z.ZodType>(schema: T, description: string, byDefault?: unknown) {
  return schema
    .optional()
    .meta({ description, ...(byDefault !== undefined && { default: byDefault }) });
}

/** A map of named entries. */
export function named<T extends z.ZodType>(entry: T, description: string, key = anyName) {
  return z.record(key, entry).optional().meta({ description });
}

const anyName = z.string().regex(/^[^\s{}]+$/, {
  error: 'must be a name without blanks or braces: names of entries are not templates',
});
export const path = shaped('^/', 'must be an absolute path');
export const pathKey = z.string().regex(/^\/[^{}]*$/, {
  error: 'must be an absolute path, and no template: names of entries are not filled in',
});
export const snakeCase = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, { error: 'must be lower_snake_case' });
export const s3Uri = shaped(
  '^s3://[^/]+/.+',
  'must be an address like s3://bucket/key, with a bucket and a key',
);
/** An instance tag; what metadata shows of tags allows no blank and no slash (EC2 user guide, "Work with instance tags in metadata"). */
export const tagName = z
  .string()
  .regex(/^[\p{L}\p{N}+\-=.,_:@]{1,128}$/u, { error: 'must be the name of an instance tag' });
/** Name or ARN (Elastic Load Balancing API reference, CreateTargetGroup). */
export const targetGroup = shaped(
  '^(arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\\d{12}:targetgroup/[^/]+/[0-9a-f]+|(?!-)[A-Za-z0-9-]{1,32}(?<!-))$',
  'must be the name of a target group (letters, digits and hyphens, 32 at most) or its ARN',
);
export const classicLoadBalancer = shaped(
  '^(?!-)[A-Za-z0-9-]{1,32}(?<!-)$',
  'must be the name of a classic load balancer (letters, digits and hyphens, 32 at most); of an application or network load balancer, name the target group under target_groups',
);
export const s3Prefix = shaped('^s3://[^/]+(/.*)?$', 'must be an address like s3://bucket/prefix/');
export const secondsOf = z.number().positive().max(172_800);
const count = z.number().int().positive();
export const text = z.string();
const listOf = (item: z.ZodString) => z.array(item);

const mode = optional(
  shaped('^0[0-7]{3}$', 'must be four octal digits in quotes, like "0644"'),
  'Permission bits: four octal digits in quotes, like "0640".',
);
const owner = optional(text.min(1), 'User that owns it.', 'root');
const group = optional(text.min(1), 'Group that owns it.', 'root');
const after = optional(
  listOf(text.min(1)),
  'Ids of steps that must come first, beyond those found without being told: `file:/etc/a`, `command:migrate`.',
);

const order = {
  after,
  phase: optional(
    z.enum(['prepare', 'activate'], { error: 'must be prepare or activate' }),
    'For warm pools, where the agent would decide otherwise: `prepare` is done while the instance lies ready, `activate` once its group wants it in service.',
  ),
};

export const command = z.union([text.min(1), listOf(text).min(1)], {
  error: 'must be a shell command line, or a list: the program and its arguments',
});

export const secret = z.strictObject({
  from: text.min(1).describe('Name or ARN in Secrets Manager.'),
  field: optional(text.min(1), 'JSON field to take; the whole value otherwise.'),
  version_stage: optional(text.min(1), 'Staging label of the version to take.', 'AWSCURRENT'),
  owner: optional(text.min(1), 'User that may read it under /run/bootstrap-agent/secrets.', 'root'),
  group: optional(text.min(1), 'Group of the file there.', 'root'),
});

export const user = z.strictObject({
  system: optional(z.boolean(), 'Whether it is a system account.', true),
  uid: optional(z.number().int().min(1).max(65_533), 'User id; the next free one otherwise.'),
  group: optional(text.min(1), 'Primary group; one named like the user otherwise.'),
  groups: optional(listOf(text.min(1)), 'Further groups.'),
  home: optional(path, 'Home directory.'),
  shell: optional(path, 'Login shell.', '/usr/sbin/nologin'),
});

export const packageWanted = z.union(
  [
    text.min(1),
    z.strictObject({
      apt: optional(text.min(1), 'Name on Debian and Ubuntu.'),
      dnf: optional(text.min(1), 'Name on Amazon Linux and Fedora.'),
      wanted: optional(text.min(1), '`present`, `absent` or a version.', 'present'),
    }),
  ],
  { error: 'must be "present", "absent", a version in quotes, or a map with apt, dnf, wanted' },
);

export const kernelModule = z.strictObject({
  options: optional(
    z.record(text, z.union([text, z.number()], { error: 'must be a text or a number' })),
    'Options for modprobe, by name. Those of a module that is built into the kernel are set while it runs, at every boot.',
  ),
});

export const sysctlValue = z.union([text, z.number()], {
  error: 'must be a number or a text, like 4096 or "1024 65000"',
});

export const directory = z.strictObject({
  owner,
  group,
  mode: optional(mode.unwrap(), 'Permission bits.', '0755'),
  ...order,
});

export const file = z
  .strictObject({
    content: optional(text, 'The content, in place. A template; secrets may stand in it.'),
    template: optional(
      text.min(1).regex(/^[^{}]+$/, { error: 'must be the name of a file, not a template' }),
      'Template file with the content, relative to the roles folder. Secrets may stand in it.',
    ),
    owner,
    group,
    mode: optional(
      mode.unwrap(),
      'Permission bits; narrower by default where the content holds a secret.',
      '0644',
    ),
    restarts: optional(
      z.boolean(),
      'Whether the services that need it are restarted when it changes. `false` for what changes with time and is read at a start, such as a list of peers.',
      true,
    ),
    ...order,
  })
  .refine((entry) => (entry.content === undefined) !== (entry.template === undefined), {
    error: 'needs exactly one of content, template',
  });

export const artifact = z.strictObject({
  from: s3Uri.describe('The object: `s3://bucket/key`.'),
  version_id: optional(text.min(1), 'S3 version id; the latest otherwise.'),
  sha256: optional(
    shaped('^[0-9a-f]{64}$', 'must be 64 lower-case hexadecimal digits'),
    'Digest of the object; may be left out when the release manifest lists it.',
  ),
  to: path.describe(
    'Where it goes: the file itself or, when unpacked, a symlink to the current release.',
  ),
  unpack: optional(
    z.boolean(),
    'Unpack it; by the ending otherwise (.tar .tar.gz .tgz .tar.zst .zip).',
  ),
  strip: optional(z.number().int().min(0), 'Leading path components to remove when unpacking.', 0),
  keep: optional(count, 'Unpacked releases to keep, the current one included.', 3),
  max_unpacked_mib: optional(count, 'Refuse to unpack more than this, MiB.', 4096),
  max_files: optional(count, 'Refuse to unpack more members than this.', 200_000),
  owner,
  group,
  mode,
  ...order,
});

export const roleCommand = z
  .strictObject({
    run: command.describe(
      'A shell command line (run by `/bin/sh -euc`), or a list: the program and its arguments.',
    ),
    creates: optional(path, 'Done when this path exists.'),
    unless: optional(command, 'Done when this command exits 0.'),
    once: optional(
      z.enum(['instance'], { error: 'must be instance' }),
      '`instance`: done when it has run once in the life of the instance, whatever becomes of the role and of what it needs: neither a reboot nor a start out of a warm pool repeats it; a clone and a swapped root volume do. At least once: a power cut between its end and the note of it lets it run again.',
    ),
    user: optional(text.min(1), 'User to run as.', 'root'),
    cwd: optional(path, 'Directory to run in.', '/'),
    env: optional(z.record(text, text), 'Environment. Secrets may stand in the values.'),
    timeout: optional(secondsOf, 'Longest run, seconds.', 300),
    ...order,
  })
  .refine(({ creates, unless, once }) => (creates ?? unless ?? once) !== undefined, {
    error: 'needs creates, unless or once: a command says how to tell that it has been done',
  })
  .refine(({ creates, unless, once }) => once === undefined || (creates ?? unless) === undefined, {
    error: 'has once beside creates or unless: keep one, since each says when it is done',
  });

export const service = z.strictObject({
  state: optional(z.enum(['started', 'stopped']), 'Whether it is to run.', 'started'),
  enable: optional(
    z.boolean(),
    'Let systemd start it at boot as well; otherwise the agent alone starts it, once the node is ready for it.',
    false,
  ),
  unit: optional(text, 'A whole unit file, for /etc/systemd/system. Secrets may stand in it.'),
  drop_in: optional(text, 'A drop-in for a unit that a package brought. Secrets may stand in it.'),
  credentials: optional(
    z.record(text, text.min(1)),
    'systemd credentials: name in the unit -> name in `secrets`.',
  ),
  timeout: optional(secondsOf, 'Longest start, seconds.', 90),
  needs: optional(
    listOf(text.min(1)),
    'What must be there first: ids or patterns, like `file:/etc/nginx/*`. Every step that is not a service otherwise.',
  ),
  reload: optional(
    listOf(text.min(1)),
    'Those of `needs` whose change a reload takes in (`systemctl reload`), so that no request is lost: ids or patterns, like `artifact:shop`. Any other change restarts the service.',
  ),
  ...order,
});
