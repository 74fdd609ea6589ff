/** What the instances of simulated EC2 stand on. */
import type { Clock } from '../../../clock.ts';
import type { AwsWorld } from '../world.ts';
import type { Ids } from './ids.ts';
import type { Images } from './images.ts';
import type { KeyPairs } from './key-pairs.ts';
import type { Machines } from './machines.ts';
import type { Networks } from './networks.ts';
import type { SecurityGroups } from './security-groups.ts';
import type { Snapshots } from './snapshots.ts';
import type { Tags } from './tags.ts';
import type { Volumes } from './volumes.ts';

export interface InstanceStore {
  readonly world: AwsWorld;
  readonly ids: Ids;
  readonly tags: Tags;
  readonly clock: Clock;
  readonly machines: Machines;
  readonly images: Images;
  readonly snapshots: Snapshots;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly keyPairs: KeyPairs;
  readonly securityGroups: SecurityGroups;
}
