import { describe, expect, it } from 'vitest';
import { bake } from '../../src/commands/bake.ts';
import type { SimulatedSurroundings } from '../../src/commands/simulated.ts';
import { ConfigError } from '../../src/errors.ts';
import { machineTree } from './machine-tree.ts';
import { printed } from './printed.ts';
import { surroundingsOf } from './trial-boot.ts';

const never = new AbortController().signal;
const only = { classes: [], seal: true, metadata: true, artifacts: true };
const unit = '/usr/lib/systemd/system/bootstrap-agent.service';

/** A machine of the tomcat scenario with the agent installed on it, changed by `yaml` below `machine`. */
async function image(yaml = '', enabled = true): Promise<SimulatedSurroundings> {
  const node = await surroundingsOf(`machine:\n${yaml || '  distribution: debian\n'}`);
  const { files } = node.host;
  await files.write(
    unit,
    '[Service]\nExecStart=/opt/agent\n[Install]\nWantedBy=multi-user.target\n',
  );
  await files.write('/usr/bin/systemd-analyze', '');
  await files.write('/root/.ssh/authorized_keys', 'key\n');
  if (enabled) await node.host.run(['systemctl', 'enable', 'bootstrap-agent.service']);
  return node;
}

async function faultsOf(node: SimulatedSurroundings): Promise<readonly string[]> {
  const before = treeOf(node);
  const error = await bake(node, only, printed(), never).then(
    () => expect.unreachable('it was sealed'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw error;
  expect(treeOf(node)).toEqual(before);
  return error.faults;
}

/** All but the lock of the bake itself. */
function treeOf(node: SimulatedSurroundings): string[] {
  const all = machineTree(node.simulation.root, { all: true });
  return all.filter((line) => !/^run\/bootstrap-agent( |\/lock)/.test(line));
}

describe('agent bake --seal', () => {
  it('after a bake makes the image clean, says each thing, and the node boots', async () => {
    const node = await image();
    const output = printed();
    const options = { ...only, classes: ['tomcat'] };
    expect(await bake(node, options, output, never)).toBe(0);
    expect(output.stderr).toMatch(
      /removed \/root\/\.ssh\/authorized_keys {2}SSH keys of people, 4 bytes/,
    );
    expect(output.stdout).toMatch(/^Sealed: \d+ things removed or emptied/m);
    expect(await node.host.files.stat('/etc/bootstrap-agent/baked.json')).toBeDefined();

    const again = printed();
    await bake(node, { ...only, json: true }, again, never);
    expect(JSON.parse(again.stdout)).toEqual({ sealed: { removed: [] } });
  });

  it('refuses an image whose nodes would not boot, with all that is wrong, before anything is removed', async () => {
    const node = await image(
      `  files: { /etc/keep: x, "/usr/sbin/sshd": x }
  disk_bytes_free: 1000000
  commands:
    - { match: "/opt/bootstrap-agent/bin/node *--version", exit: 127, stderr: "no libstdc++\\n" }
    - { match: "systemd-analyze verify*", exit: 1, stderr: "bad line\\n" }
    - { match: "dpkg --audit", stdout: "The following packages are only half configured:\\n nginx\\n" }
`,
      false,
    );
    await node.simulation.host.files.link(
      '/etc/systemd/system/default.target',
      '/usr/lib/systemd/system/rescue.target',
    );
    const faults = await faultsOf(node);
    expect(faults).toEqual([
      'bootstrap-agent.service is disabled: systemctl enable bootstrap-agent.service',
      'bootstrap-agent.service has faults: bad line (systemd-analyze verify bootstrap-agent.service)',
      expect.stringMatching(
        /--version ends with exit code 127 \(no libstdc\+\+\): install the package/,
      ),
      expect.stringContaining('the machine starts into rescue.target'),
      expect.stringMatching(/^\/var\/lib\/bootstrap-agent has \d+ bytes left/),
      expect.stringMatching(/^\/etc has \d+ bytes left/),
      expect.stringContaining('half configured: nginx (dpkg --configure -a)'),
      expect.stringContaining('SSH host keys would not come back'),
    ]);
  });

  it('refuses one whose unit is masked or not there', async () => {
    const node = await image();
    await node.host.files.link('/etc/systemd/system/bootstrap-agent.service', '/dev/null');
    expect(await faultsOf(node)).toEqual([
      'bootstrap-agent.service is masked: systemctl unmask bootstrap-agent.service',
    ]);
    await node.host.files.remove('/etc/systemd/system/bootstrap-agent.service');
    await node.host.files.remove(unit);
    await node.host.run(['systemctl', 'daemon-reload']);
    expect(await faultsOf(node)).toEqual([
      expect.stringMatching(/^bootstrap-agent\.service is not there .*install the package$/),
    ]);
  });

  it('refuses one whose configuration has faults', async () => {
    const node = await image();
    const roles = [{ name: 'a', source: 'roles/a.yaml', text: 'sysctll: {}\n' }];
    const templates = new Map<string, string>();
    const broken = { ...node, baked: async () => ({ roles, templates }) };
    expect(await faultsOf(broken)).toEqual([expect.stringContaining('did you mean "sysctl"')]);
    const agentConfig = { text: 'class: b\n', source: 'agent.yaml' };
    const good = [{ name: 'a', source: 'roles/a.yaml', text: 'description: x\n' }];
    const unknown = { ...node, baked: async () => ({ roles: good, templates, agentConfig }) };
    expect(await faultsOf(unknown)).toEqual([
      'agent.yaml: class: there is no role for "b"; there are a',
    ]);
    const unreadable = { text: 'class: [\n', source: 'agent.yaml' };
    const odd = {
      ...node,
      baked: async () => ({ roles: good, templates, agentConfig: unreadable }),
    };
    expect((await faultsOf(odd)).join()).toContain('agent.yaml:');
  });

  it('has host keys made on the next start where nobody else makes them', async () => {
    const node = await image();
    const { files } = node.host;
    await files.write('/usr/sbin/sshd', '');
    await files.write('/etc/ssh/ssh_host_rsa_key', 'x');
    const keys = 'bootstrap-agent-host-keys.service';
    await files.write(`/usr/lib/systemd/system/${keys}`, '[Install]\nWantedBy=multi-user.target\n');
    await bake(node, only, printed(), never);
    expect((await node.host.run(['systemctl', 'is-enabled', keys])).stdout).toBe('enabled\n');
    expect(await files.stat('/etc/ssh/ssh_host_rsa_key')).toBeUndefined();
  });

  it('leaves host keys to cloud-init and to the distribution', async () => {
    for (const path of ['/usr/bin/cloud-init', '/usr/lib/systemd/system/sshd-keygen@.service']) {
      const node = await image();
      await node.host.files.write('/usr/sbin/sshd', '');
      await node.host.files.write(path, '');
      expect(await bake(node, only, printed(), never)).toBe(0);
    }
  });
});
