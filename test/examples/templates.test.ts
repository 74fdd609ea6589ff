import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { describe, expect, it } from 'vitest';
import { boot } from '../../src/commands/boot.ts';
import { simulatedSurroundings } from '../../src/commands/simulated.ts';
import type { LedgerEntry } from '../../src/simulator/ledger.ts';
import { allowing, listed, type Statement } from './policy.ts';
import { readTemplate, type Template } from './template.ts';

const folder = 'examples';
const names = readdirSync(folder).filter((name) => /^(?!.*agent).*\.yaml$/.test(name));
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

describe('the rights of group.yaml', () => {
  const used = new Set<Statement>();
  const statements: Statement[] = propertiesOf(group, 'NodeRole').Policies.flatMap(
    (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
  );

  it.each(['tomcat', 'php', 'erlang'])('cover every call of a %s node', async (name) => {
    const surroundings = await simulatedSurroundings(name);
    const { simulation } = surroundings;
    try {
      const options = { agentVersion: '0', listeners: [], signal: new AbortController().signal };
      const { exitCode } = await boot(surroundings, options);
      expect(exitCode).toBe(0);
      const calls = [...simulation.aws.ledger.calls];
      expect(calls.map(({ operation }) => operation)).toContain('CompleteLifecycleAction');
      const refused = calls
        .flatMap((call) => requestsOf(call))
        .filter((request) => {
          const statement = allowing(statements, ...request);
          if (statement !== undefined) used.add(statement);
          return statement === undefined;
        });
      expect(refused).toEqual([]);
    } finally {
      await simulation.close();
    }
  });

  it('hold nothing that none of them uses, but for what answers a question when something is missing', () => {
    const unused = statements.filter((statement) => !used.has(statement));
    expect(unused.map(({ Sid }) => Sid)).toEqual(['TellWhatIsMissing']);
  });

  it('reach no other group, bucket, folder or secret', () => {
    const others: [string, string][] = [
      ['autoscaling:CompleteLifecycleAction', arnOfGroup('another')],
      ['s3:GetObject', 'arn:aws:s3:::another/shop/current'],
      ['s3:GetObject', 'arn:aws:s3:::acme-releases-eu-west-1/payroll/current'],
      ['secretsmanager:GetSecretValue', arnOfSecret('prod/payroll/db')],
    ];
    for (const [action, resource] of others)
      expect(allowing(statements, action, resource), resource).toBeUndefined();
    for (const { Action } of statements)
      for (const action of listed(Action)) expect(action).not.toContain('*');
  });
});

/** The action and the resource that IAM judges a call by; several where one call reads several things. */
function requestsOf({ service, operation, subject }: LedgerEntry): [string, string][] {
  const action = `${service}:${operation}`;
  if (service === 's3') return [[action, `arn:aws:s3:::${subject}`]];
  if (operation === 'BatchGetSecretValue')
    return [
      [action, '*'],
      ...subject
        .split(',')
        .map((id): [string, string] => ['secretsmanager:GetSecretValue', arnOfSecret(id)]),
    ];
  if (service === 'secretsmanager') return [[action, arnOfSecret(subject)]];
  if (service === 'autoscaling' && !operation.startsWith('Describe'))
    // Each scenario has a group of its own; in a deployment it is that of the stack.
    return [[action, arnOfGroup(stack)]];
  return [[action, '*']];
}

function arnOfSecret(name: string): string {
  return `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;
}

function arnOfGroup(name: string): string {
  return `arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:0c0ffee0:autoScalingGroupName/${name}`;
}

// biome-ignore lint/suspicious/noExplicitAny: see Resource.
function propertiesOf({ Resources }: Template, name: string): any {
  return Resources[name]?.Properties;
}
