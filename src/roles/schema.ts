/** The schema of role files: the one source for validation, for the JSON Schema that editors use, and for docs/roles.md. */
import { z } from 'zod';
import { drain } from './drain-section.ts';
import {
  artifact,
  directory,
  file,
  kernelModule,
  named,
  optional,
  packageWanted,
  pathKey,
  roleCommand,
  s3Uri,
  secret,
  service,
  snakeCase,
  sysctlValue,
  tagName,
  user,
} from './entries.ts';
import { lifecycle } from './lifecycle-section.ts';
import { probe } from './probe-section.ts';
import { recorder } from './recorder-section.ts';

const release = z.strictObject({
  name: optional(
    z.string().min(1),
    'The release to run when neither user data nor the release tag names one.',
  ),
  pointer: optional(
    s3Uri,
    'Small object that holds the name of the current release; asked when nothing else names one.',
  ),
  manifest: optional(
    s3Uri,
    'Release manifest: a JSON object that lists the files of a release with sha256 and size. `release.name` is known here.',
  ),
});

const peers = z.strictObject({
  same_tags: z
    .array(tagName)
    .min(1)
    .describe(
      'Names of instance tags that a peer has with the same values as this instance, besides the class tag. A cluster is told apart from others of its class by them.',
    ),
});

const sections = {
  description: optional(z.string(), 'What a node of this class is, in a sentence.'),
  values: named(
    z.json(),
    'Values for templates, as `values.NAME`: text, numbers, lists or maps. A text in them is itself a template over facts, tags and other values.',
    snakeCase,
  ),
  release: optional(
    release,
    'Which release this class runs. First found wins: user data, the release tag, `name`, `pointer`.',
  ),
  peers: optional(
    peers,
    'Looks up the other nodes of this class at each boot, for templates: pending or running instances in the same VPC, by one EC2 DescribeInstances. An instance that lacks one of the tags has no peers.',
  ),
  secrets: named(
    secret,
    'Secrets of Secrets Manager by the name that templates use: `secrets.NAME`, or `secrets.NAME.FIELD` of a JSON value.',
    snakeCase,
  ),
  hostname: optional(z.string().min(1), 'Host name to set.'),
  users: named(user, 'Users by name; `{}` for all defaults.'),
  packages: named(
    packageWanted,
    'Packages by name: `present`, `absent`, a version, or a map where the names differ between apt and dnf.',
  ),
  kernel_modules: named(kernelModule, 'Kernel modules to load, by name; `{}` for no options.'),
  sysctl: named(
    sysctlValue,
    'Kernel parameters: key and value.',
    z.string().regex(/^[a-zA-Z0-9_][a-zA-Z0-9_./-]*$/, {
      error: 'must be the name of a kernel parameter, like net.core.somaxconn',
    }),
  ),
  mask: named(
    z.string().min(1),
    'Units that must not start by themselves, by name (`.service` may be left out), each with the reason. `null` lets an inherited one start again.',
  ),
  directories: named(directory, 'Directories by path; `{}` for all defaults.', pathKey),
  files: named(file, 'Files by path; each has either `content` or `template`.', pathKey),
  artifacts: named(artifact, 'S3 objects by a name of your choice: verified, then made visible.'),
  commands: named(
    roleCommand,
    'Commands by a name of your choice, for what no other section can say. Each says by `creates`, `unless` or `once` how to tell that it has been done.',
  ),
  services: named(service, 'systemd units by name; `.service` may be left out.'),
  probes: named(
    probe,
    'What proves the node healthy, by name; each has exactly one of `http`, `tcp` and `command`. All must succeed.',
  ),
  lifecycle: optional(lifecycle, 'How the end of a boot is told to Auto Scaling.'),
  recorder: optional(
    recorder,
    'Keeps what explains a boot, its flight record, in S3. What it does not say, `recorder` of agent.yaml says.',
  ),
  drain: optional(
    drain,
    'How a node leaves: what is done, and how long it may take, when it must go.',
  ),
};

const pattern = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
  error: 'must be a text or a list of texts; * stands for anything',
});

const when = z
  .strictObject({
    instance_type: optional(pattern, 'Instance type: `m5.*`, `*.metal`, or a list of such.'),
    instance_size: optional(pattern, 'The part after the dot: `large`, `*xlarge`.'),
    architecture: optional(z.enum(['x86_64', 'arm64']), 'Processor architecture.'),
    tag: optional(
      z.record(z.string(), pattern),
      'Instance tags by name. One that the instance lacks does not match.',
    ),
  })
  .refine((conditions) => Object.keys(conditions).length > 0, {
    error: 'needs at least one of instance_type, instance_size, architecture, tag',
  });

/** A role with all its sources merged: every entry must be whole. */
export const roleDocumentSchema = z.strictObject(sections);

/**
 * A role fragment: what an override, a config overlay or user data may hold. Any key may be missing, since another
 * fragment may have set it; `null` removes what was inherited.
 */
export const roleFragmentSchema = partOf(roleDocumentSchema);

/** A role file: a fragment as well, since its parent may hold the rest. */
export const roleSchema = z
  .strictObject({
    extends: optional(z.string().min(1), 'Class whose role this one starts from.'),
    ...roleFragmentSchema.shape,
    overrides: optional(
      z.array(
        z.strictObject({
          when: when.describe('All conditions given must hold.'),
          set: roleFragmentSchema.describe('A fragment: the same sections as a role.'),
        }),
      ),
      'Fragments for some instances only, applied in order; later ones win.',
    ),
  })
  .describe('A role: what a node of one class consists of.');

export type RoleDocument = z.infer<typeof roleDocumentSchema>;
export type Conditions = z.infer<typeof when>;

/** The same maps and keys, but none of them required and each allowed to be null. */
function partOf(schema: z.ZodObject): z.ZodObject {
  const shape = Object.entries(schema.shape).map(([key, field]) => [key, maybe(field)]);
  return z.strictObject(Object.fromEntries(shape));
}

function maybe(field: unknown): z.ZodType {
  const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
  const meta = (field as z.ZodType).meta();
  const loose = part(inner as z.ZodType).nullish();
  return meta === undefined ? loose : loose.meta(meta);
}

function part(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) return partOf(schema);
  if (schema instanceof z.ZodRecord) {
    const entry = schema.valueType as z.ZodType;
    return z.record(schema.keyType as z.ZodString, part(entry).nullable());
  }
  return schema;
}
