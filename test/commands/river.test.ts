import { describe, expect, it } from 'vitest';
import { boot } from '../../src/commands/boot.ts';
import { dryRun, planned } from '../../src/commands/dry-run.ts';
import { simulatedSurroundings } from '../../src/commands/simulated.ts';
import type { FileStep, Step } from '../../src/resources/step.ts';
import { printed } from './printed.ts';
import { scenarioFolder } from './scenario-folder.ts';

const never = new AbortController().signal;

/** The plan of a scenario made of these files, and the calls that AWS received for it. */
async function plannedFor(files: Readonly<Record<string, string>>) {
  const folder = scenarioFolder({
    'scenario.yaml': 'extends: tomcat\n',
    ...files,
  });
  const surroundings = await simulatedSurroundings(folder.path);
  try {
    const view = await planned(surroundings, 'test', never);
    const { ledger } = surroundings.simulation.aws;
    const { requests } = surroundings.simulation.metadata;
    return {
      view,
      calls: ledger.calls.map(
        ({ service, operation, subject }) => `${service}:${operation}:${subject}`,
      ),
      keys: requests.map(({ method, key }) => `${method} ${key}`),
    };
  } finally {
    await surroundings.simulation.close();
    folder.remove();
  }
}

function contentOf(steps: readonly Step[], path: string): string {
  const step = steps.find((one): one is FileStep => one.kind === 'file' && one.path === path);
  return (
    step?.content
      .map((piece) => (typeof piece === 'string' ? piece : `<${piece.secret}>`))
      .join('') ?? ''
  );
}

const overlay = {
  'scenario.yaml': `
extends: tomcat
aws:
  buckets:
    acme-config:
      tomcat.yaml:
        text: |
          values:
            threads: 321
          files:
            /etc/motd: { content: "{{ facts.hostname }} of {{ tags.Environment }}" }
`,
  'agent.yaml': 'overlay: s3://acme-config/{{ class }}.yaml\n',
};

describe('a config overlay from S3', () => {
  it('is merged over the role, and may name facts that nothing else needs', async () => {
    const { view, calls, keys } = await plannedFor(overlay);
    expect(contentOf(view.plan.steps, '/etc/tomcat10/server.xml')).toContain('maxThreads="321"');
    expect(contentOf(view.plan.steps, '/etc/motd')).toBe(
      'ip-10-0-17-42.eu-west-1.compute.internal of production',
    );
    expect(calls[0]).toBe('s3:GetObject:acme-config/tomcat.yaml');
    expect(keys).toContain('GET meta-data/local-hostname');
    expect(view.calls).toContainEqual(expect.objectContaining({ purpose: 'config overlay' }));
  });

  it('yields to user data, and --explain names both', async () => {
    const files = {
      ...overlay,
      'user-data': '#bootstrap-agent\nrole:\n  values:\n    threads: 111\n',
    };
    const { view } = await plannedFor(files);
    expect(contentOf(view.plan.steps, '/etc/tomcat10/server.xml')).toContain('maxThreads="111"');
    const folder = scenarioFolder(files);
    const output = printed();
    await dryRun({ scenario: folder.path, explain: 'file:/etc/motd' }, {}, output, never);
    folder.remove();
    expect(output.stdout).toContain('s3://acme-config/tomcat.yaml:');
  });

  it('that is not there ends the boot with its address, and the group is told', async () => {
    const folder = scenarioFolder({
      'scenario.yaml': 'extends: tomcat\n',
      'agent.yaml': 'overlay: s3://acme-config/{{ class }}.yaml\n',
    });
    const surroundings = await simulatedSurroundings(folder.path);
    try {
      const result = await boot(surroundings, { agentVersion: '0', listeners: [], signal: never });
      expect(result.exitCode).toBe(78);
      expect(result.verdict.because).toContain('s3://acme-config/tomcat.yaml');
      const told = surroundings.simulation.aws.ledger.of('autoscaling', 'CompleteLifecycleAction');
      expect(told.map(({ status }) => status)).toEqual([200]);
    } finally {
      await surroundings.simulation.close();
      folder.remove();
    }
  });
});

describe('the release', () => {
  const pinned = `
extends: tomcat
aws:
  buckets:
    acme-releases-eu-west-1:
      shop/1.3.0/shop.war: { zip: shop-war }
      shop/1.3.0/release.json: { manifest_of_release: 1.3.0 }
`;

  it('named by the tag Release is taken without asking the pointer', async () => {
    const { view, calls } = await plannedFor({
      'scenario.yaml': `${pinned}instance: { tags: { Release: "1.3.0" } }\n`,
    });
    expect(view.plan.release?.name).toBe('1.3.0');
    expect(calls.filter((call) => call.includes('shop/current'))).toEqual([]);
  });

  it('named by user data wins over the tag', async () => {
    const { view } = await plannedFor({
      'scenario.yaml': `${pinned}instance: { tags: { Release: "9.9.9" } }\n`,
      'user-data': '#bootstrap-agent\nrelease: "1.3.0"\n',
    });
    expect(view.plan.release).toEqual({ name: '1.3.0', source: 'user data' });
  });
});

describe('tags', () => {
  it('come from EC2 where they are off in the metadata, in one call', async () => {
    const { view, calls } = await plannedFor({
      'scenario.yaml': 'extends: tomcat\ninstance: { tags_in_metadata: false }\n',
    });
    expect(view.identity.tagsFrom).toBe('ec2-api');
    expect(view.identity.class.name).toBe('tomcat');
    expect(view.plan.signal).toMatchObject({ kind: 'lifecycle-hook', group: 'shop-tomcat' });
    expect(calls.filter((call) => call.startsWith('ec2:'))).toHaveLength(1);
  });
});

describe('an override', () => {
  it('by instance type applies to that type alone', async () => {
    const threads = async (type: string) => {
      const { view } = await plannedFor({
        'scenario.yaml': `extends: tomcat\ninstance: { instance_type: ${type} }\n`,
      });
      return /maxThreads="(\d+)"/.exec(contentOf(view.plan.steps, '/etc/tomcat10/server.xml'))?.[1];
    };
    expect([await threads('m5.large'), await threads('t3.large')]).toEqual(['100', '50']);
  });
});

describe('an ordinary boot', () => {
  it('sends at most ten metadata requests, credentials included, and no call to EC2', async () => {
    const surroundings = await simulatedSurroundings('tomcat');
    try {
      // The modules are loaded once before, so that no request is sent twice for the time that takes.
      await planned(surroundings, 'test', never);
      const before = surroundings.simulation.metadata.requests.length;
      const result = await boot(surroundings, { agentVersion: '0', listeners: [], signal: never });
      expect(result.exitCode).toBe(0);
      expect(surroundings.simulation.metadata.requests.length - before).toBeLessThanOrEqual(10);
      expect(surroundings.simulation.aws.ledger.of('ec2')).toEqual([]);
    } finally {
      await surroundings.simulation.close();
    }
  });
});
