import { describe, expect, it } from 'vitest';
import { planned } from '../../src/commands/dry-run.ts';
import { boots, surroundingsOf, told, warnings } from './trial-boot.ts';

const never = new AbortController().signal;
/** Neither metadata nor EC2 nor Auto Scaling says which group the node is in, nor which hook the group has. */
const blind = (more = '') => `instance: { tags_in_metadata: false }
aws:
  denied: ["ec2:*", "autoscaling:Describe*"]
${more}`;

describe('a node that can read no tags', () => {
  it('completes the hook that user data names, with CONTINUE', async () => {
    const surroundings = await surroundingsOf(blind(), {
      'user-data': '#bootstrap-agent\nclass: tomcat\ngroup: shop-tomcat\nhook: node-is-ready\n',
    });
    const result = await boots(surroundings);
    expect([result.exitCode, told(surroundings)]).toEqual([0, ['CONTINUE']]);
    expect(warnings(result).join('\n')).toMatch(
      /no tags: taken for a node of group shop-tomcat, .*InstanceMetadataTags=enabled/s,
    );
    const view = await planned(surroundings, 'test', never);
    expect(view.plan.signal).toEqual({
      kind: 'lifecycle-hook',
      group: 'shop-tomcat',
      hook: 'node-is-ready',
    });
  });

  it('completes the hook that agent.yaml names, with ABANDON, also where there is no class', async () => {
    const surroundings = await surroundingsOf(blind(), {
      'agent.yaml': 'group: shop-tomcat\nhook: node-is-ready\n',
    });
    const result = await boots(surroundings);
    expect(result.exitCode).toBe(78);
    expect(result.verdict.because).toContain('Tags could not be listed');
    expect(told(surroundings)).toEqual(['ABANDON']);
  });

  it('tells the group although its user data has a fault', async () => {
    const surroundings = await surroundingsOf(blind(), {
      'agent.yaml': 'group: shop-tomcat\nhook: node-is-ready\n',
      'user-data': '#bootstrap-agent\nclas: tomcat\n',
    });
    const result = await boots(surroundings);
    expect([result.exitCode, told(surroundings)]).toEqual([78, ['ABANDON']]);
    expect(result.verdict.because).toContain('clas');
  });

  it('that nobody named a group to still says what to do', async () => {
    const surroundings = await surroundingsOf(blind(), {
      'user-data': '#bootstrap-agent\nclass: tomcat\n',
    });
    const result = await boots(surroundings);
    expect([result.exitCode, told(surroundings)]).toEqual([78, [undefined]]);
    expect(result.verdict.because).toContain('InstanceMetadataTags=enabled');
  });
});

describe('a node that can read its tags', () => {
  it('goes by them, whatever others name', async () => {
    const surroundings = await surroundingsOf('', {
      'agent.yaml': 'group: another\n',
      'user-data': '#bootstrap-agent\ngroup: yet-another\n',
    });
    const result = await boots(surroundings);
    expect([result.exitCode, told(surroundings)]).toEqual([0, ['CONTINUE']]);
  });

  it('and is in no group, is in none', async () => {
    const surroundings = await surroundingsOf('instance: { group: null }\n', {
      'agent.yaml': 'group: shop-tomcat\nhook: node-is-ready\n',
    });
    const { plan } = await planned(surroundings, 'test', never);
    expect(plan.signal.kind).toBe('none');
  });

  it('of several hooks completes the one of user data before that of the role, and that before agent.yaml', async () => {
    const hooks =
      'aws: { groups: { shop-tomcat: { hooks: [{ name: a }, { name: b }, { name: c }] } } }\n';
    const signal = async (userData: string) => {
      const files = { 'agent.yaml': 'hook: c\n', 'user-data': `#bootstrap-agent\n${userData}` };
      const { plan } = await planned(await surroundingsOf(hooks, files), 'test', never);
      return plan.signal.kind === 'lifecycle-hook' && plan.signal.hook;
    };
    expect(await signal('')).toBe('c');
    expect(await signal('role: { lifecycle: { hook: b } }\n')).toBe('b');
    expect(await signal('hook: a\nrole: { lifecycle: { hook: b } }\n')).toBe('a');
  });
});

it('a dry run on a node that was told CONTINUE foretells no further call to Auto Scaling', async () => {
  const surroundings = await surroundingsOf();
  const foretold = async () => {
    const { calls } = await planned(surroundings, 'test', never);
    return calls
      .filter(({ service }) => service === 'autoscaling')
      .map(({ operation }) => operation);
  };
  expect(await foretold()).toContain('CompleteLifecycleAction');
  await boots(surroundings);
  expect(await foretold()).toEqual([]);
  const { ledger } = surroundings.simulation.aws;
  const before = ledger.of('autoscaling').length;
  await boots(surroundings);
  expect(ledger.of('autoscaling').slice(before)).toEqual([]);
});
