/** The simulated AWS services: one loopback server that speaks to the unmodified SDK. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../clock.ts';
import type { Fault } from '../fault.ts';
import { faultsFor } from '../faulty.ts';
import { Ledger, type LedgerEntry } from '../ledger.ts';
import type { Pace } from '../time/pace.ts';
import { autoScaling } from './auto-scaling.ts';
import { ClassicBalancers } from './classic-balancers.ts';
import { classicBalancing } from './classic-balancing.ts';
import { Ec2Account } from './ec2/account.ts';
import type { Instances } from './ec2/instances.ts';
import { type Machines, machinesInMemory } from './ec2/machines.ts';
import type { Wanted } from './ec2/run-instances.ts';
import { ec2 } from './ec2.ts';
import { front } from './front.ts';
import { Groups, type GroupView } from './groups.ts';
import { iam } from './iam.ts';
import type { Departure, Power } from './launch.ts';
import type { Limits } from './limits.ts';
import { loadBalancing } from './load-balancing.ts';
import { Buckets } from './objects.ts';
import { s3 } from './s3.ts';
import { secretsManager } from './secrets-manager.ts';
import { TargetGroups } from './targets.ts';
import type { AwsWorld, SimulatedEc2Instance, SimulatedMember } from './world.ts';

export interface AwsServicesOptions {
  readonly world: AwsWorld;
  /** Timeouts, health checks and dates run on this clock. */
  readonly clock: Clock;
  readonly faults?: readonly Fault[];
  /** What runs the instances that EC2 launches; in memory when absent. */
  readonly machines?: Machines;
  /** Which credentials are good; all that sign at all when absent. */
  readonly accepts?: (accessKeyId: string, sessionToken: string | undefined) => boolean;
  /** Told the target lifecycle state of an instance whenever its group takes it somewhere. */
  readonly heads?: (instanceId: string, targetState: string) => void;
  /** Told when a group switches an instance off for its warm pool, or on again. */
  readonly power?: (instanceId: string, how: Power) => void;
  /** Told when the root volume of an instance is another one: the instance starts anew, from that. */
  readonly rootVolume?: (instanceId: string, volumeId: string) => void;
  /** Where calls take time to arrive. */
  readonly pace?: Pace;
  /** API limits of the account; none when absent. */
  readonly limits?: Limits;
  /** Told of each call once it is answered. */
  readonly answered?: (entry: LedgerEntry) => void;
}

export interface AwsServices {
  /** `http://127.0.0.1:<port>`: the value for AWS_ENDPOINT_URL. */
  readonly url: string;
  /** Answers on a connection that somebody else accepted, such as one over TLS. */
  answerOn(connection: Socket): void;
  readonly ledger: Ledger;
  /** An Auto Scaling group as it stands now; undefined where there is none of that name. */
  group(name: string): GroupView | undefined;
  /** The EC2 instances as they stand now. */
  readonly instances: Instances;
  /** One instance more in the account; its launch begins now where it is in a group. */
  join(instanceId: string, described: SimulatedEc2Instance, membership?: Joining): void;
  /** Takes an instance out of service, as the group would; false where there is none of that id. */
  leave(instanceId: string, how: Departure): boolean;
  /** Brings an instance back from standby; false where there is none of that id. */
  comeBack(instanceId: string): boolean;
  /** The group takes it out of its warm pool. False where it is in no group. */
  serve(instanceId: string): boolean;
  /** The group replaces its root volume, as an instance refresh does. False where it is in no group. */
  replaceRoot(instanceId: string): boolean;
  /** A group launches one instance more, from an image that EC2 has; gives its id. */
  scaleOut(group: string, template: Wanted): string;
  /** The buckets as they stand now. */
  readonly objects: Buckets;
  /** The target groups as they stand now. */
  readonly targets: TargetGroups;
  /** The classic load balancers as they stand now. */
  readonly loadBalancers: ClassicBalancers;
  /** Cuts the connections that are open, as when a client's power fails. */
  hangUp(): void;
  /** Stops timers, cuts connections and closes the port. */
  close(): Promise<void>;
}

export interface Joining {
  readonly group: string;
  readonly member: SimulatedMember;
}

/** Starts the services on a free loopback port; the launch of the world's instances begins now. */
export async function startAwsServices(options: AwsServicesOptions): Promise<AwsServices> {
  const { world, clock } = options;
  const closing = new AbortController();
  const ledger = new Ledger(options.answered);
  const objects = new Buckets(world, clock);
  const targets = new TargetGroups(world, clock, closing.signal);
  const loadBalancers = new ClassicBalancers(world, clock, closing.signal);
  const groups = new Groups(world, clock, closing.signal, targets, {
    heads: (id, targetState) => options.heads?.(id, targetState),
    power: (id, how) => {
      void account.instances.switchedByGroup(id, how === 'start' ? 'on' : 'off');
      options.power?.(id, how);
    },
    replaceRootVolume: (id) => account.rootVolumes.replace(id),
  });
  const { machines = machinesInMemory } = options;
  const launchState = (id: string) => groups.find(id)?.launch.state;
  const account = new Ec2Account(world, clock, machines, launchState, options.rootVolume);
  const { instances } = account;
  const handle = front({
    services: {
      s3: s3(objects, world),
      secretsmanager: secretsManager(world, clock),
      autoscaling: autoScaling(groups, world, () => clock.now()),
      ec2: ec2(account),
      elbv2: loadBalancing(targets),
      elb: classicBalancing(loadBalancers, (id) => instances.has(id)),
      iam: iam(world),
    },
    ledger,
    clock,
    faults: faultsFor(options.faults ?? [], clock),
    // A denial is spelled and matched as a fault is; the status it would answer with is the service's own.
    denied: faultsFor(
      (world.denied ?? []).map((on) => ({ on, do: { status: 403 } })),
      clock,
    ),
    accepts: options.accepts ?? (() => true),
    signal: closing.signal,
    ...(options.pace !== undefined && { pace: options.pace }),
    ...(options.limits !== undefined && { limits: options.limits }),
  });
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  groups.launch();
  return {
    url: `http://127.0.0.1:${port}`,
    // As the documentation of http.Server has it, event 'connection'.
    answerOn: (connection) => void server.emit('connection', connection),
    ledger,
    group: (name) => groups.view(name),
    instances,
    join(instanceId, described, membership) {
      instances.add(instanceId, described);
      if (membership) groups.join(membership.group, instanceId, membership.member);
    },
    leave: (instanceId, how) => {
      const found = groups.find(instanceId);
      void found?.launch.leave(how);
      return found !== undefined;
    },
    comeBack: (instanceId) => {
      const found = groups.find(instanceId);
      found?.launch.returns();
      return found !== undefined;
    },
    serve: (instanceId) => {
      const found = groups.find(instanceId);
      found?.launch.serve();
      return found !== undefined;
    },
    replaceRoot: (instanceId) => {
      const found = groups.find(instanceId);
      void found?.launch.replaceRoot();
      return found !== undefined;
    },
    scaleOut(group, template) {
      const { id, described } = instances.run(template, group);
      const { zone = '', instanceType = '' } = described;
      groups.join(group, id, { zone, instanceType });
      return id;
    },
    objects,
    targets,
    loadBalancers,
    hangUp: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        closing.abort(new Error('The simulated AWS was closed'));
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
