/** An instance that somebody else runs: it is described, and no machine of ours is behind it. */
import type { SimulatedEc2Instance } from '../world.ts';
import type { BlockDevice } from './block-devices.ts';
import type { Ec2Instance } from './instance.ts';
import type { InstanceStore } from './instance-store.ts';
import { metadataOptionsFor } from './metadata-options.ts';

/** The disk of an instance of which nothing more is known. */
const root: BlockDevice = {
  device: '/dev/xvda',
  sizeGib: 8,
  type: 'gp3',
  encrypted: false,
  deleteOnTermination: true,
};

export function instanceFromOutside(
  { world, tags, volumes, securityGroups, clock }: InstanceStore,
  id: string,
  described: SimulatedEc2Instance,
): Ec2Instance {
  const zone = described.zone ?? `${world.region}a`;
  tags.put(id, described.tags ?? {});
  volumes.attach(id, root.device, zone, root);
  return {
    id,
    described: { ...described, zone },
    launchedAt: clock.now(),
    visibleAt: clock.monotonic() + (described.visibleAfterMs ?? 0),
    state: described.state ?? 'running',
    rootDevice: root.device,
    groups: securityGroups.choose([], []),
    metadataOptions: metadataOptionsFor(undefined),
    shutdownBehavior: 'stop',
    terminationDisabled: false,
    fromOutside: true,
  };
}
