import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { describe, expect, it } from 'vitest';
import { boot } from '../../src/commands/boot.ts';
import { simulatedSurroundings } from '../../src/commands/simulated.ts';
import type { Event } from '../../src/events.ts';
import { heldPath } from '../../src/lifecycle/held.ts';
import { drainOrdersPath } from '../../src/plan/drain-orders.ts';
import { drainRights } from '../../src/plan/drain-rights.ts';
import type { LedgerEntry } from '../../src/simulator/ledger.ts';
import { leavingNode } from '../commands/leaving-node.ts';
import { boots, surroundingsOf } from '../commands/trial-boot.ts';
import { allowing, listed, type Statement } from './policy.ts';
import { readTemplate, type Template } from './template.ts';

const folder = 'examples';
const names = readdirSync(folder).filter((name) =>
  /^AWSTemplateFormatVersion:/m.test(readFileSync(join(folder, name), 'utf8')),
);
const stack = 'shop-tomcat';
/** The account that the shipped scenarios are set in. */
const parameters = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
  'AWS::AccountId': '123456789012',
  'AWS::StackName': stack,
  ReleasesBucket: 'acme-releases-eu-west-1',
  ReleasesPrefix: 'shop/',
  SecretsPrefix: 'prod/shop/',
  LogsBucket: 'acme-releases-eu-west-1',
  LogsPrefix: 'logs/',
  RecordsBucket: 'acme-releases-eu-west-1',
  RecordsPrefix: 'boots/',
  TargetGroup: arnOfTargetGroup('shop'),
};
const group = readTemplate(join(folder, 'group.yaml'), parameters);

describe('CloudFormation', () => {
  // It takes SecretsPrefix for a password. The others say what a change of a stack would replace, and that tags are free.
  const known = ['W2509', 'I9001', 'I9040'];

  it('finds no fault in the templates', () => {
    const engine = new RegoEngine();
    const faults = (file: string) =>
      engine
        .validateStandard(new TemplateFile(file))
        .diagnostics.filter(({ ruleId }) => !known.includes(ruleId));
    try {
      expect(names).toEqual(expect.arrayContaining(['group.yaml', 'releases.yaml']));
      for (const name of names) expect(faults(join(folder, name)), name).toEqual([]);
      // A validator that finds nothing anywhere would prove nothing.
      expect(faults('test/examples/faulty.yaml').length).toBeGreaterThan(0);
    } finally {
      engine.free();
    }
  });

  it('every parameter says what it is', () => {
    for (const name of names) {
      const { Parameters } = readTemplate(join(folder, name), parameters);
      for (const [key, { Description }] of Object.entries(Parameters))
        expect(Description, `${name}: ${key}`).toMatch(/\w/);
    }
  });
});

describe('a node of group.yaml', () => {
  it('has what the agent needs of its launch: IMDSv2 alone, tags in the metadata, and its class as a tag', () => {
    const { MetadataOptions } = propertiesOf(group, 'LaunchTemplate').LaunchTemplateData;
    expect(MetadataOptions).toMatchObject({
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      InstanceMetadataTags: 'enabled',
    });
    const { Tags } = propertiesOf(group, 'Group');
    expect(Tags).toContainEqual({ Key: 'Class', Value: '<NodeClass>', PropagateAtLaunch: true });
  });

  it('waits in its launch hook from the first instance on, and is ended where nobody answers', () => {
    const { LifecycleHookSpecificationList: hooks, HealthCheckGracePeriod } = propertiesOf(
      group,
      'Group',
    );
    const launching = hooks.filter(
      ({ LifecycleTransition }: Record<string, string>) =>
        LifecycleTransition === 'autoscaling:EC2_INSTANCE_LAUNCHING',
    );
    expect(launching).toMatchObject([{ DefaultResult: 'ABANDON' }]);
    expect(HealthCheckGracePeriod).toBe(0);
    const types = Object.values(group.Resources).map(({ Type }) => Type);
    expect(types).not.toContain('AWS::AutoScaling::LifecycleHook');
  });
});

const targetState = 'meta-data/autoscaling/target-lifecycle-state';
/** A slow last command: the hook is kept waiting meanwhile. */
const leavesItsLogs = `  drain:
    logs: s3://acme-releases-eu-west-1/logs
    commands: { slow: { run: [/usr/bin/slow], timeout: 300 } }
`;
const leaves = `
speed: 20
instance: { life_cycle: spot }
machine:
  commands:
    - { match: /usr/bin/slow, takes_ms: 60000 }
    - { match: systemctl restart -- bootstrap-agent.service }
aws:
  groups:
    shop-tomcat:
      hooks:
        - { name: node-is-ready, heartbeat_timeout: 900 }
        - { name: node-has-left, transition: terminating, heartbeat_timeout: 120 }
      target_group: { name: shop, port: 8080, path: /shop/health, deregistration_delay: 20, interval: 5 }
`;

describe('the rights of group.yaml', () => {
  const used = new Set<string>();
  const statements: Statement[] = propertiesOf(group, 'NodeRole').Policies.flatMap(
    (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
  );
  /** What IAM would refuse of these calls; what it allows counts as used. */
  const refusedOf = (calls: readonly LedgerEntry[]) =>
    calls.flatMap(requestsOf).filter(([action, resource]) => {
      const allowed = allowing(statements, action, resource) !== undefined;
      if (allowed) used.add(action);
      return !allowed;
    });

  it.each(['tomcat', 'php', 'erlang'])('cover every call of a %s node', async (name) => {
    const surroundings = await simulatedSurroundings(name);
    const { simulation } = surroundings;
    try {
      const options = { agentVersion: '0', listeners: [], signal: new AbortController().signal };
      const { exitCode } = await boot(surroundings, options);
      expect(exitCode).toBe(0);
      const { calls } = simulation.aws.ledger;
      expect(calls.map(({ operation }) => operation)).toContain('CompleteLifecycleAction');
      expect(refusedOf(calls)).toEqual([]);
    } finally {
      await simulation.close();
    }
  });

  it('cover every call of a node that leaves by itself, comes back, and is taken out by its group', async () => {
    const node = await leavingNode(leaves, leavesItsLogs);
    // Booted again where the metadata does not tell whether the group still waits: the group is asked.
    const { metadata } = node.simulation;
    metadata.set(targetState, undefined);
    expect((await boots(node.surroundings)).exitCode).toBe(0);
    metadata.set(targetState, 'InService');
    const booted = node.simulation.aws.ledger.calls.length;
    await node.until('healthy', () => node.target === 'healthy');
    node.watched();
    node.occur('spot', 600);
    await node.until('drained', (one) => one?.drain?.state === 'drained');
    node.occur('withdraw');
    await node.until('back', (one) => one?.drain?.state === 'returned');
    node.occur('terminate');
    await node.until('gone', (one) =>
      Boolean(one?.drain?.state === 'drained' && one.drain.kinds.includes('termination')),
    );
    const { calls } = node.simulation.aws.ledger;
    expect(refusedOf(calls)).toEqual([]);
    // What dry-run says that leaving needs is what it called.
    const left = calls.slice(booted).flatMap(requestsOf);
    const actions = new Set(left.map(([action]) => action));
    const orders = JSON.parse(String(await node.host.files.read(drainOrdersPath)));
    const rights = drainRights(orders);
    expect([...actions].filter((action) => !rights.includes(action))).toEqual([]);
    // Asked only where the hook is not open yet.
    const sure = rights.filter((action) => action !== 'autoscaling:DescribeAutoScalingInstances');
    expect(sure.filter((action) => !actions.has(action))).toEqual([]);
  });

  it('cover every call of a node that fails, is recorded and counted, and held', async () => {
    const surroundings = await surroundingsOf('', {
      'user-data':
        '#bootstrap-agent\nrole:\n  recorder: { to: "s3://acme-releases-eu-west-1/boots", hold: 600 }\n  sysctl: { kernel.no_such_parameter: "1" }\n',
    });
    const listener = (event: Event) => {
      if (event.type === 'hold-begun') void surroundings.host.files.remove(heldPath);
    };
    expect((await boots(surroundings, { listeners: [listener] })).exitCode).toBe(1);
    const { calls } = surroundings.simulation.aws.ledger;
    expect(calls.filter(({ operation }) => operation === 'PutObject').length).toBeGreaterThan(2);
    expect(refusedOf(calls)).toEqual([]);
  });

  it('hold nothing that none of them uses, but for what answers a question when something is missing', () => {
    const granted = statements.flatMap(({ Action }) => listed(Action));
    expect(granted.filter((action) => !used.has(action))).toEqual(['s3:ListBucket']);
  });

  it('reach no other group, bucket, folder or secret', () => {
    const others: [string, string][] = [
      ['autoscaling:CompleteLifecycleAction', arnOfGroup('another')],
      ['s3:GetObject', 'arn:aws:s3:::another/shop/current'],
      ['s3:GetObject', 'arn:aws:s3:::acme-releases-eu-west-1/payroll/current'],
      ['s3:PutObject', 'arn:aws:s3:::acme-releases-eu-west-1/payroll/boots/x.json'],
      ['s3:PutObject', 'arn:aws:s3:::acme-releases-eu-west-1/shop/current'],
      ['s3:GetObject', 'arn:aws:s3:::acme-releases-eu-west-1/logs/i-0/boot.json.gz'],
      ['secretsmanager:GetSecretValue', arnOfSecret('prod/payroll/db')],
      ['elasticloadbalancing:DeregisterTargets', arnOfTargetGroup('another')],
    ];
    for (const [action, resource] of others)
      expect(allowing(statements, action, resource), resource).toBeUndefined();
    for (const { Action } of statements)
      for (const action of listed(Action)) expect(action).not.toContain('*');
  });
});

/** The action and the resource that IAM judges a call by; several where one call reads several things. */
function requestsOf({ service, operation, subject }: LedgerEntry): [string, string][] {
  const prefix = service === 'elbv2' ? 'elasticloadbalancing' : service;
  const action = `${prefix}:${operation}`;
  // Each scenario has a group and a target group of its own; in a deployment they are those of the stack.
  if (service === 'elbv2' && !operation.startsWith('Describe'))
    return [[action, arnOfTargetGroup(subject.split('/')[1] ?? '')]];
  if (service === 's3') return [[action, `arn:aws:s3:::${subject}`]];
  if (service === 'secretsmanager') return [[action, arnOfSecret(subject)]];
  if (service === 'autoscaling' && !operation.startsWith('Describe'))
    return [[action, arnOfGroup(stack)]];
  return [[action, '*']];
}

function arnOfSecret(name: string): string {
  return `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;
}

function arnOfGroup(name: string): string {
  return `arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:0c0ffee0:autoScalingGroupName/${name}`;
}

function arnOfTargetGroup(name: string): string {
  return `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}/0c0ffee0c0ffee00`;
}

// biome-ignore lint/suspicious/noExplicitAny: see Resource.
function propertiesOf({ Resources }: Template, name: string): any {
  return Resources[name]?.Properties;
}
