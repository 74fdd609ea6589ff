import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { boot } from '../../src/commands/boot.ts';
import { simulatedSurroundings } from '../../src/commands/simulated.ts';
import { allowing, listed, type Statement } from '../examples/policy.ts';
import { parsedTemplates } from './templates.ts';

const policy = (name: string): Statement[] =>
  JSON.parse(readFileSync(`packer/iam/${name}.json`, 'utf8')).Statement;
const arn = (resource: string) => `arn:aws:ec2:eu-west-1:123456789012:${resource}`;
const instance = arn('instance/i-0c0ffee0c0ffee001');
const role = 'arn:aws:iam::123456789012:role/bootstrap-agent-bake';
const profile = 'arn:aws:iam::123456789012:instance-profile/bootstrap-agent-bake';

/** What the builder calls for these templates, by its steps in packer-plugin-amazon 1.8 (builder/ebs, common). */
const calls: Readonly<Record<string, readonly (readonly [action: string, resource: string])[]>> = {
  'before it starts anything': [
    ['ec2:DescribeRegions', '*'],
    ['ec2:DescribeImages', '*'],
    ['ec2:DescribeVpcs', '*'],
    ['ec2:DescribeSubnets', '*'],
    ['ec2:DescribeInstanceTypeOfferings', '*'],
  ],
  'for the way in': [
    ['ec2:CreateKeyPair', arn('key-pair/packer_6563c4a1')],
    ['ec2:DeleteKeyPair', arn('key-pair/packer_6563c4a1')],
    ['ec2:CreateSecurityGroup', '*'],
    ['ec2:DescribeSecurityGroups', '*'],
    ['ec2:AuthorizeSecurityGroupIngress', '*'],
    ['ec2:DeleteSecurityGroup', '*'],
  ],
  'for the instance': [
    ['iam:GetInstanceProfile', profile],
    ['iam:PassRole', role],
    ['ec2:RunInstances', '*'],
    ['ec2:CreateTags', '*'],
    ['ec2:DescribeInstances', '*'],
    ['ec2:StopInstances', instance],
    ['ec2:TerminateInstances', instance],
    ['ec2:DescribeVolumes', '*'],
  ],
  'for the image': [
    ['ec2:CreateImage', '*'],
    ['ec2:CopyImage', '*'],
    ['ec2:DescribeSnapshots', '*'],
    ['ec2:ModifyImageAttribute', '*'],
    ['ec2:ModifySnapshotAttribute', '*'],
    ['ec2:EnableImageDeprecation', '*'],
  ],
  'to clean up': [
    ['ec2:DeregisterImage', '*'],
    ['ec2:DeleteSnapshot', '*'],
    ['ec2:DeleteVolume', '*'],
  ],
};

describe('iam/bake.json', () => {
  const statements = policy('bake');

  it.each(Object.keys(calls))('allows what the builder does %s', (when) => {
    const refused = calls[when]?.filter((call) => allowing(statements, ...call) === undefined);
    expect(refused).toEqual([]);
  });

  it('allows nothing else, each action by its full name', () => {
    const called = Object.values(calls).flatMap((group) => group.map(([action]) => action));
    const allowed = statements.flatMap(({ Action }) => listed(Action));
    expect(allowed.sort()).toEqual(called.sort());
  });

  it('ends and deletes only what bears the tags that the templates give', async () => {
    const { node, locals } = await parsedTemplates();
    const condition = (action: string) =>
      (allowing(statements, action, instance) as Statement & { Condition: unknown }).Condition;
    expect(condition('ec2:TerminateInstances')).toEqual({
      StringLike: { 'aws:ResourceTag/Name': 'packer *' },
    });
    expect(node.run_tags).toContain('Name = "packer ');
    for (const action of ['DeregisterImage', 'DeleteSnapshot', 'DeleteVolume'])
      expect(condition(`ec2:${action}`)).toEqual({ StringLike: { 'aws:ResourceTag/Agent': '*' } });
    expect(locals.tags).toMatch(/\bAgent +=/);
    for (const tags of [node.tags, node.snapshot_tags, node.run_volume_tags])
      expect(tags).toBe(`\${local.tags}`);
  });
});

test.each(['tomcat', 'php', 'erlang'])(
  'iam/building-instance.json allows every read of S3 for the class %s, and no secret',
  async (name) => {
    const statements = policy('building-instance');
    const surroundings = await simulatedSurroundings(name);
    try {
      const options = { agentVersion: '0', listeners: [], signal: new AbortController().signal };
      await boot(surroundings, options);
      const reads = surroundings.simulation.aws.ledger.calls.filter(
        ({ service }) => service === 's3',
      );
      expect(reads.length).toBeGreaterThan(0);
      for (const { operation, subject } of reads)
        expect(
          allowing(statements, `s3:${operation}`, `arn:aws:s3:::${subject}`),
          `${operation} ${subject}`,
        ).toBeDefined();
      expect(statements.flatMap(({ Action }) => listed(Action))).toEqual(['s3:GetObject']);
    } finally {
      await surroundings.simulation.close();
    }
  },
);
