/** The schema of scenario.yaml, as people write it. */
import { z } from 'zod';
import { occurrences } from '../occurrence.ts';
import { isBucketName } from '../services/limits.ts';

const seconds = z.number().nonnegative();

const instance = z.strictObject({
  instance_id: z.string(),
  instance_type: z.string(),
  architecture: z.enum(['x86_64', 'arm64']),
  zone: z.string(),
  region: z.string(),
  account_id: z.string(),
  image_id: z.string(),
  private_ipv4: z.string(),
  hostname: z.string().optional(),
  public_ipv4: z.string().optional(),
  ipv6: z.string().optional(),
  mac: z.string().optional(),
  key_pair: z.strictObject({ name: z.string(), public_key: z.string() }).nullable().optional(),
  life_cycle: z.string().optional(),
  tags: z.record(z.string(), z.string().nullable()).optional(),
  tags_in_metadata: z.boolean().optional(),
  metadata_tokens: z.enum(['optional', 'required']).optional(),
  instance_profile: z.string().nullable().optional(),
  group: z.string().nullable().optional(),
  started_seconds_ago: seconds.optional(),
  target_lifecycle_state: z.string().nullable().optional(),
});

/** Where the bytes of a simulated object come from. */
const object = z.union(
  [
    z.strictObject({ text: z.string() }),
    z.strictObject({ json: z.json() }),
    z.strictObject({ file: z.string() }),
    z.strictObject({ zip: z.string() }),
    z.strictObject({ tar: z.string() }),
    z.strictObject({ tar_gz: z.string() }),
    z.strictObject({ tar_zst: z.string() }),
    /** A release manifest over the objects of this release in the same folder, digests and sizes worked out. */
    z.strictObject({ manifest_of_release: z.string() }),
  ],
  'must be a map with one of text, json, file, zip, tar, tar_gz, tar_zst, manifest_of_release',
);

const hook = z.strictObject({
  name: z.string(),
  transition: z.enum(['launching', 'terminating']).default('launching'),
  heartbeat_timeout: z.number().int().min(30).max(7200).default(3600),
  default_result: z.enum(['CONTINUE', 'ABANDON']).default('ABANDON'),
  /** Seconds after the start; there from the start where it is not given. */
  created_after: seconds.optional(),
  /** Seconds after the start. */
  deleted_after: seconds.optional(),
});

const port = z.number().int().min(1).max(65_535);
const checked = {
  port,
  path: z.string().startsWith('/').default('/'),
  /** Seconds; 300 where it is not given, as in AWS. */
  deregistration_delay: z.number().min(0).max(3600).optional(),
  /** Between two health checks, seconds; 30 where it is not given. */
  interval: z.number().positive().max(300).optional(),
};

/** What the load balancer asks of the members of a group. */
const targetGroup = z.strictObject({ name: z.string(), ...checked });

/** A target group that belongs to no Auto Scaling group. */
const loneTargetGroup = z.strictObject({
  ...checked,
  type: z.enum(['instance', 'ip', 'lambda']).default('instance'),
});

/** A classic load balancer. */
const loadBalancer = z.strictObject({
  port,
  path: z.string().startsWith('/').optional(),
  /** Between two health checks, seconds; 30 where it is not given. */
  interval: z.number().positive().max(300).optional(),
  /** Good checks in a row for InService; 10 where it is not given. */
  healthy_threshold: z.number().int().min(2).max(10).optional(),
  /** Seconds that the requests in flight of an instance that leaves take. */
  draining: z.number().min(0).max(3600).optional(),
});

const group = z.strictObject({ hooks: z.array(hook), target_group: targetGroup.optional() });

/** Another instance of the account. */
const otherInstance = z.strictObject({
  private_ipv4: z.string(),
  zone: z.string().optional(),
  instance_type: z.string().optional(),
  vpc: z.string().optional(),
  state: z
    .enum(['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped'])
    .default('running'),
  tags: z.record(z.string(), z.string()).optional(),
});

const aws = z.strictObject({
  buckets: z.record(z.string(), z.record(z.string(), object.nullable())).optional(),
  /** Buckets that live in another region than the instance. */
  bucket_regions: z.record(z.string(), z.string()).optional(),
  secrets: z
    .record(z.string(), z.union([z.string(), z.record(z.string(), z.json())]).nullable())
    .optional(),
  groups: z.record(z.string(), group.nullable()).optional(),
  /** By name: those that no Auto Scaling group has. */
  target_groups: z.record(z.string(), loneTargetGroup.nullable()).optional(),
  /** Classic ones, by name. */
  load_balancers: z.record(z.string(), loadBalancer.nullable()).optional(),
  /** By id: those beside the scenario's own. */
  instances: z.record(z.string(), otherInstance.nullable()).optional(),
  /** EC2's API does not list the scenario's own instance for so long (eventual consistency). */
  listed_after_seconds: seconds.optional(),
  denied: z.array(z.string()).optional(),
  /** API limits by the name of the bucket, instead of AWS's own; counted in a fleet. */
  limits: z
    .record(
      z.string().refine(isBucketName, {
        error:
          'is no bucket: ec2:DescribeTags (or another Describe), elbv2:Describe*, autoscaling:*, secretsmanager:GetSecretValue, secretsmanager:BatchGetSecretValue, "s3:GetObject BUCKET/FOLDER/*" and "s3:PutObject BUCKET/FOLDER/*" are',
      }),
      z
        .strictObject({ tokens: z.number().positive(), per_second: z.number().positive() })
        .nullable(),
    )
    .optional(),
});

const fault = z.strictObject({
  on: z.string(),
  do: z.union(
    [
      z.enum(['reset', 'hang', 'lose-answer']),
      z.strictObject({
        status: z.number().int().min(300).max(599),
        code: z.string().optional(),
        message: z.string().optional(),
      }),
      z.strictObject({ delay_ms: seconds }),
      z.strictObject({ truncate_at: z.number().int().nonnegative() }),
      z.strictObject({ corrupt_at: z.number().int().nonnegative() }),
      z.strictObject({
        bytes_per_second: z.number().int().positive(),
        delay_ms: seconds.optional(),
      }),
    ],
    'must be reset, hang or lose-answer, or a map with one of status, delay_ms, truncate_at, corrupt_at, bytes_per_second',
  ),
  times: z.number().int().positive().optional(),
  skip: z.number().int().nonnegative().optional(),
  until_seconds: seconds.optional(),
});

const moment = z.strictObject({
  at: seconds,
  what: z.enum(occurrences),
  notice: seconds.optional(),
});

const expect = z.strictObject({
  verdict: z.enum(['CONTINUE', 'ABANDON']),
  signal: z.enum(['CONTINUE', 'ABANDON', 'none']).optional(),
  exit: z.number().int(),
  because: z.string().optional(),
});

export const scenarioFileSchema = z.strictObject({
  /** Another scenario that this one changes: maps merge key by key, null removes. */
  extends: z.string().optional(),
  description: z.string(),
  expect,
  speed: z.number().positive().max(1000).optional(),
  /** How long calls take in a fleet and in a trace, milliseconds: at least and at most. */
  answers_ms: z
    .tuple([seconds, seconds])
    .refine(([least, most]) => least <= most, 'must be [least, most]')
    .optional(),
  fleet: z.strictObject({ launches_over_seconds: seconds.optional() }).optional(),
  earlier_nodes: z.number().int().min(0).max(10).optional(),
  metadata_after_seconds: seconds.optional(),
  instance,
  /** Checked by the simulated machine itself. */
  machine: z.record(z.string(), z.unknown()),
  aws: aws.optional(),
  faults: z.array(fault).optional(),
  /** What comes over the node after its boot. */
  timeline: z.array(moment).optional(),
});

export type ScenarioInstance = z.infer<typeof otherInstance>;
export type ScenarioGroup = z.infer<typeof group>;
export type ScenarioFile = z.infer<typeof scenarioFileSchema>;
export type ScenarioObject = z.infer<typeof object>;
