/** Flight records of small boots, as a test's input. */
import { type FlightRecord, flightRecord } from '../../src/engine/flight-record.ts';
import { StepError } from '../../src/errors.ts';
import type { Identity } from '../../src/identity/identity.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { badBoot, goodBoot } from './events-of-a-boot.ts';

const identityWith = (tags: Record<string, string>) =>
  ({
    facts: {
      instance_id: 'i-0abc',
      instance_type: 'm5.large',
      architecture: 'x86_64',
      zone: 'eu-west-1a',
      group_name: 'shop',
      image_id: 'ami-0abc',
    },
    class: { name: 'tomcat', source: 'tag', held: [] },
    tags,
    tagNames: Object.keys(tags),
    tagsFrom: 'metadata',
    userData: { kind: 'none' },
  }) as unknown as Identity;

const plan = {
  digest: 'abcdef0123456789',
  steps: [
    { id: 'artifact:shop', needs: [] },
    { id: 'service:shop', needs: ['artifact:shop'] },
  ],
} as unknown as Plan;

/** A boot that failed at `artifact:shop`; `says` stands wherever others have a say: an error, a tag, a unit, a journal. */
export function failedRecord(says = 'no such key'): FlightRecord {
  const error = new StepError(`artifact:shop: ${says}`, { cause: new Error('403 Forbidden') });
  const at = { startedAt: 10, finishedAt: 1510, attempts: 2 };
  return flightRecord({
    events: badBoot,
    exitCode: 1,
    identity: identityWith({ Class: 'tomcat', Owner: says }),
    plan,
    report: {
      outcome: 'failed',
      steps: [
        { id: 'artifact:shop', kind: 'artifact', outcome: 'failed', error: says, ...at },
        { id: 'service:shop', kind: 'service', outcome: 'skipped', attempts: 0 },
        { id: `file:/etc/${says}`, kind: 'file', outcome: 'changed', ...at },
      ],
      failure: { step: 'artifact:shop', error },
      startedAt: 1,
      finishedAt: 2,
    },
    verdict: { result: 'ABANDON', because: error.message, error },
    journals: [{ unit: `shop ${says}.service`, lines: ['listening', says] }],
    platform: { node: 'v24.0.0', kernel: '6.1.0', distribution: 'Debian 12' },
  });
}

export function healthyRecord(): FlightRecord {
  return flightRecord({
    events: goodBoot,
    exitCode: 0,
    identity: identityWith({ Class: 'tomcat' }),
    verdict: { result: 'CONTINUE', because: 'all is well' },
  });
}
