import { describe, expect, it } from 'vitest';
import { type BakeOptions, bake, bakeThisMachine } from '../../src/commands/bake.ts';
import type { SimulatedSurroundings } from '../../src/commands/simulated.ts';
import { status } from '../../src/commands/status.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { StoppedError } from '../../src/exit-code.ts';
import type { BakedRecord } from '../../src/image/baked-record.ts';
import { machineTree } from './machine-tree.ts';
import { printed } from './printed.ts';
import { boots, shipped, surroundingsOf, told } from './trial-boot.ts';

const never = new AbortController().signal;
const ordinary = { classes: ['tomcat'], metadata: true, artifacts: true };

async function baked(
  node: SimulatedSurroundings,
  options: Partial<BakeOptions> = {},
  env: Readonly<Record<string, string>> = {},
) {
  const output = printed();
  const surroundings = { ...node, env: { ...node.env, ...env } };
  const all = { ...ordinary, json: true, ...options };
  expect(await bake(surroundings, all, output, never)).toBe(0);
  return JSON.parse(output.stdout).baked as {
    record: BakedRecord;
    steps: { id: string; outcome: string }[];
  };
}

const stat = (node: SimulatedSurroundings, path: string) => node.simulation.host.files.stat(path);
const systemd = '/etc/systemd/system';

describe('agent bake', () => {
  it('does nothing beside an agent that boots, and a boot nothing beside a bake', async () => {
    const node = await shipped('tomcat');
    const turn = node.host.lock('boot', node.clock.now());
    const before = machineTree(node.simulation.root);
    await expect(bake(node, ordinary, printed(), never)).rejects.toThrow(
      /Another agent .*process \d+/,
    );
    expect(machineTree(node.simulation.root)).toEqual(before);
    if ('release' in turn) turn.release();
    const baking = bake(node, ordinary, printed(), never);
    await expect(boots(node)).rejects.toThrow(/Another agent/);
    expect(await baking).toBe(0);
    expect(told(node)).toEqual([undefined]);
  });

  it('makes the next boot find most things done, and starts no service itself', async () => {
    const node = await shipped('tomcat');
    const { record } = await baked(node);
    expect(record).toMatchObject({
      sourceImage: 'ami-0123456789abcdef0',
      region: 'eu-west-1',
      architecture: 'x86_64',
      classes: [{ name: 'tomcat', release: '1.4.2' }],
      packages: { tomcat10: '1.0-1' },
      heldBack: ['tomcat10.service'],
    });
    expect(record.artifacts).toEqual([
      expect.objectContaining({ from: 's3://acme-releases-eu-west-1/shop/1.4.2/shop.war' }),
    ]);
    const ran = node.simulation.host.commands.map(({ argv }) => argv.join(' '));
    expect(ran.filter((line) => /systemctl (re)?start/.test(line))).toEqual([]);
    const asked = await node.host.run(['systemctl', 'is-active', 'tomcat10.service']);
    expect(asked.stdout).toBe('inactive\n');
    expect((await stat(node, `${systemd}/tomcat10.service`))?.target).toBe('/dev/null');
    expect((await stat(node, `${systemd}/apt-daily.timer`))?.target).toBe('/dev/null');
    // Neither secrets nor what depends on the instance.
    expect(await stat(node, '/run/bootstrap-agent/secrets')).toBeUndefined();
    expect(String(await node.host.files.read('/etc/tomcat10/server.xml'))).toContain('Catalina');

    const { verdict, record: flight } = await boots(node);
    expect(verdict.result).toBe('CONTINUE');
    expect(told(node)).toEqual(['CONTINUE']);
    const unchanged = flight.steps.filter(({ outcome }) => outcome === 'unchanged');
    expect(unchanged.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['masks', 'packages', 'directory:/srv/shop']),
    );
    expect(await stat(node, `${systemd}/tomcat10.service`)).toBeUndefined();
    const fetched = flight.calls.filter(({ service }) => service === 's3');
    expect(fetched).toEqual([expect.objectContaining({ count: 2 })]);
    expect(flight.image).toMatchObject({ classes: [{ name: 'tomcat', release: '1.4.2' }] });

    const output = printed();
    await status({ root: node.simulation.root }, output);
    expect(output.stdout).toMatch(
      /^image {6}baked .* for tomcat 1\.4\.2: 4 packages, 1 artifacts$/m,
    );
  });

  it('changes nothing the second time', async () => {
    const node = await shipped('tomcat');
    await baked(node);
    const before = await machineTree(node.simulation.root);
    const { steps } = await baked(node);
    expect(steps.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
    expect(await machineTree(node.simulation.root)).toEqual(before);
  });

  it('leaves the running kernel alone', async () => {
    const node = await shipped('tomcat');
    const somaxconn = () => node.host.files.read('/proc/sys/net/ipv4/tcp_congestion_control');
    const before = String(await somaxconn());
    await baked(node);
    expect(String(await somaxconn())).toBe(before);
    expect(await stat(node, '/sys/module/tcp_bbr')).toBeUndefined();
    expect(String(await node.host.files.read('/etc/sysctl.d/60-bootstrap-agent.conf'))).toContain(
      'net.ipv4.tcp_congestion_control = bbr',
    );
    expect(
      String(await node.host.files.read('/etc/modules-load.d/bootstrap-agent.conf')),
    ).toContain('tcp_bbr');
  });

  it('without metadata bakes what needs no AWS, and says what it left', async () => {
    const node = await shipped('tomcat');
    for (const how of [{ metadata: false }, { env: { AWS_EC2_METADATA_DISABLED: 'true' } }]) {
      const { env, ...options } = { env: {}, ...how };
      const { record } = await baked(node, options, env);
      expect(record.artifacts).toEqual([]);
      expect(record.region).toBeUndefined();
      expect(record.classes[0]?.release).toBeUndefined();
      expect(Object.keys(record.packages)).toContain('tomcat10');
      expect(record.left).toContainEqual({
        what: 'artifact:shop of tomcat',
        because: 'metadata was not to be asked',
      });
    }
    expect(node.simulation.metadata.requests).toEqual([]);
    expect(node.simulation.aws.ledger.calls).toEqual([]);
  });

  it('without artifacts asks S3 for nothing', async () => {
    const node = await shipped('tomcat');
    const { record } = await baked(node, { artifacts: false });
    expect(record.region).toBe('eu-west-1');
    expect(record.left.map(({ because }) => because)).toContain(
      'artifacts were not asked for (--no-artifacts)',
    );
    expect(node.simulation.aws.ledger.calls).toEqual([]);
  });

  it('says loudly that metadata does not answer where there must be some', async () => {
    const node = await surroundingsOf('metadata_after_seconds: 3600\nspeed: 100\n');
    const baking = bake(node, ordinary, printed(), never);
    await expect(baking).rejects.toThrow(UnavailableError);
    await expect(baking).rejects.toThrow('--no-metadata');
  });

  it('says loudly that a release cannot be read, and how to do without', async () => {
    const node = await surroundingsOf(
      'aws: { buckets: { acme-releases-eu-west-1: { shop/current: null } } }\n',
    );
    const baking = bake(node, ordinary, printed(), never);
    await expect(baking).rejects.toThrow(ConfigError);
    await expect(baking).rejects.toThrow(/shop\/current.*--no-artifacts/s);
  });

  it('does not wait for ever for an S3 that answers nothing but 503', async () => {
    const node = await surroundingsOf(
      'speed: 100\nfaults: [{ on: s3, do: { status: 503, code: SlowDown, message: Please reduce your request rate. } }]\n',
    );
    const baking = bake(node, ordinary, printed(), never);
    await expect(baking).rejects.toThrow(UnavailableError);
    await expect(baking).rejects.toThrow(/^No plan after 240 s of trying: s3:GetObject of .*503/);
  });

  it('names a class that has no role', async () => {
    const node = await shipped('tomcat');
    const baking = bake(node, { ...ordinary, classes: ['tomkat'] }, printed(), never);
    await expect(baking).rejects.toThrow(/tomkat.*tomcat/s);
  });

  it('can be stopped and started again', async () => {
    const node = await shipped('tomcat');
    const stop = new AbortController();
    const host = {
      ...node.host,
      run: async (...[argv, options]: Parameters<typeof node.host.run>) => {
        if (argv[0] === 'apt-get') stop.abort(new StoppedError('Stopped by SIGINT.'));
        return node.host.run(argv, options);
      },
    };
    const baking = bake({ ...node, host }, ordinary, printed(), stop.signal);
    await expect(baking).rejects.toThrow(StoppedError);
    const { record } = await baked(node);
    expect(Object.keys(record.packages)).toContain('tomcat10');
    expect(await stat(node, '/usr/sbin/policy-rc.d')).toBeUndefined();
  });

  it('prints what took how long, and what is left to the boot', async () => {
    const node = await shipped('tomcat');
    const output = printed();
    await bake(node, ordinary, output, never);
    expect(output.stdout).toMatch(/^Baked for tomcat 1\.4\.2 in .*: \d+ of \d+ steps changed/m);
    expect(output.stdout).toMatch(/^ {2}changed {4}packages +\d/m);
    expect(output.stdout).toContain('a secret does not go into an image: secrets');
    expect(output.stdout).toContain('Only the agent starts: tomcat10.service');
  });

  it('is for root alone', async () => {
    const baking = bakeThisMachine(ordinary, {}, printed(), never, 1000);
    await expect(baking).rejects.toThrow(/agent bake changes this machine and needs root/);
  });
});
