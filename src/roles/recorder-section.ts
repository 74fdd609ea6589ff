/** The `recorder` section of a role and of agent.yaml: where the flight record of a boot is kept once its instance is gone. */
import { z } from 'zod';
import { optional, s3Prefix, secondsOf } from './entries.ts';

/** Boots that have no role yet have nothing to fill a template with. */
const plainPrefix = z.string().regex(/^s3:\/\/[^/{}]+(\/[^{}]*)?$/, {
  error:
    'must be an address like s3://bucket/prefix/, and no template: it holds for boots that have no role yet',
});

const rest = {
  crash_loop: optional(
    z.number().int().min(0).max(1000),
    'Nodes of one group that may fail in a row with the same configuration (role, release, agent) before the others are abandoned at once, without downloading anything; 0: never. Counted below `to`.',
    4,
  ),
  crash_loop_pause: optional(
    secondsOf,
    'Then one node tries again after so many seconds, and after twice as many with each further failure, up to an hour.',
    120,
  ),
  hold: optional(
    z.number().min(0).max(172_800),
    'Keeps one failed node of a group at a time for debugging: so many seconds before ABANDON, within what its launch hook waits in all. Whose turn it is stands below `to`; a node that cannot write there is not held. 0: none.',
    0,
  ),
  when: optional(
    z.enum(['failure', 'always'], { error: 'must be failure or always' }),
    'Which boots: those that do not end healthy, or all. A healthy one is recorded after CONTINUE.',
    'failure',
  ),
  kms_key: optional(
    z.string().min(1),
    'KMS key to encrypt the records with, where the bucket does not do so by itself.',
  ),
};

const to =
  'S3 prefix below which the record of each boot is put, as CLASS/GROUP/DATE/TIME-INSTANCE-BOOT.json. In the Region of the instance.';

export const recorder = z.strictObject({ to: optional(s3Prefix, to), ...rest });

/** The same for boots that fail before they have a role, and where the role does not say otherwise. */
export const agentRecorder = z.strictObject({ to: optional(plainPrefix, to), ...rest });

export type RecorderSection = z.infer<typeof recorder>;
