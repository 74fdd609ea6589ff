/** What the build instance learnt of itself: from cloud-init, DHCP, the agents of AWS, and this one. */
import type { Files } from '../../host/host.ts';
import { type Cleaner, removing } from './cleaner.ts';

/** True where cloud-init will run on the next start, and so make again what it made here. */
export async function cloudInitRuns(files: Files): Promise<boolean> {
  if ((await files.stat('/usr/bin/cloud-init')) === undefined) return false;
  return (await files.stat('/etc/cloud/cloud-init.disabled')) === undefined;
}

/** Its rendering of this network, by this machine's addresses. Without cloud-init nobody would write it again. */
const renderedNetwork: Cleaner = async (files) =>
  (await cloudInitRuns(files))
    ? removing('network of the build instance, written by cloud-init', [
        '/etc/netplan/50-cloud-init.yaml',
        '/etc/network/interfaces.d/50-cloud-init*',
        '/etc/systemd/network/10-cloud-init-*.network',
        '/etc/NetworkManager/system-connections/cloud-init-*.nmconnection',
      ])(files)
    : [];

/** A host name of the form that EC2 gives. One that somebody chose stays. */
const hostName: Cleaner = async (files) => {
  const found = String((await files.read('/etc/hostname')) ?? '').trim();
  const ofInstance = /^(ip-\d+-\d+-\d+-\d+|i-[0-9a-f]{8,17})(\.|$)/.test(found);
  return ofInstance ? removing('host name of the build instance', ['/etc/hostname'])(files) : [];
};

export const cloud: readonly Cleaner[] = [
  // As cloud-init clean does, which keeps the seed; what people put into scripts/ is kept as well.
  removing('state of cloud-init', ['/var/lib/cloud/*'], new Set(['seed', 'scripts'])),
  renderedNetwork,
  hostName,
  removing('names of network cards', ['/etc/udev/rules.d/70-persistent-net.rules']),
  removing('DHCP leases', [
    '/var/lib/dhcp/*',
    '/var/lib/dhclient/*',
    '/var/lib/dhcpcd/*.lease*',
    '/var/lib/NetworkManager/*.lease',
    '/var/lib/NetworkManager/timestamps',
  ]),
  removing('registration of the SSM and ECS agents', [
    '/var/lib/amazon/ssm/i-*',
    '/var/lib/amazon/ssm/registration',
    '/var/lib/amazon/ssm/Vault',
    '/var/lib/ecs/data/*',
  ]),
  removing('state of this agent', [
    '/var/lib/bootstrap-agent/*',
    '/var/cache/bootstrap-agent/sha256/*.partial*',
  ]),
  // The lock is this bake's own, and no image has a /run.
  removing('state of this agent', ['/run/bootstrap-agent/*'], new Set(['lock'])),
];
