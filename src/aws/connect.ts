/** Connects to AWS: the port's implementation, each service's SDK client loaded at its first use. */
import type { Clock } from '../clock.ts';
import type { Tell } from '../events.ts';
import type { Aws } from './aws.ts';
import { Connection } from './connection.ts';
import { type CredentialSource, credentialSource } from './credentials.ts';
import { endpointFor, type ServiceName } from './endpoints.ts';
import { clientSettings, ordinaryTimeouts, type Timeouts } from './settings.ts';
import { trustedCertificates } from './trust.ts';

export interface ConnectOptions {
  readonly region: string;
  /**
   * AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>, AWS_ACCESS_KEY_ID with its companions, AWS_CA_BUNDLE; nothing is read
   * from the process's own environment.
   */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Used where `env` has no credentials: those of the instance's role. */
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  readonly tell: Tell;
  /** 0 <= n < 1, for the jitter of retries. */
  readonly random?: () => number;
  /** Whether the role of this instance may be so new that not all of AWS knows what it allows; never when absent. */
  readonly roleMayBeNew?: () => boolean;
  /** How long to wait for connections and answers; `ordinaryTimeouts` when absent. */
  readonly timeouts?: Timeouts;
}

export interface ConnectedAws extends Aws {
  /** Loads the clients of these services and gets credentials ahead of their first use. What fails does so again then, for whoever asks. */
  prepare(services: readonly ServiceName[]): Promise<void>;
  /** Closes idle connections; calls under way end by their own signals. */
  close(): void;
}

/** Sends nothing yet. Throws ConfigError where `env` holds an endpoint, a bundle or credentials that cannot be used. */
export function connectAws(options: ConnectOptions): ConnectedAws {
  const { region, env, clock, tell, random, roleMayBeNew } = options;
  const source = credentialSource(env, options.credentials);
  const connection = new Connection({
    region,
    clock,
    tell,
    source,
    ...(random && { random }),
    ...(roleMayBeNew && { roleMayBeNew }),
  });
  const trusted = trustedCertificates(env);
  const { credentials } = connection;
  const timeouts = options.timeouts ?? ordinaryTimeouts;
  const settings = (service: ServiceName) =>
    clientSettings(service, { region, env, timeouts, trusted, credentials });

  const services = {
    s3: onFirstUse(async () =>
      (await import('./object-store.ts')).objectStore(connection, settings('s3')),
    ),
    secretsmanager: onFirstUse(async () =>
      (await import('./secret-store.ts')).secretStore(connection, settings('secretsmanager')),
    ),
    autoscaling: onFirstUse(async () =>
      (await import('./auto-scaling.ts')).autoScaling(connection, settings('autoscaling')),
    ),
    ec2: onFirstUse(async () => (await import('./ec2.ts')).ec2(connection, settings('ec2'))),
    elbv2: onFirstUse(async () =>
      (await import('./load-balancing.ts')).loadBalancing(connection, settings('elbv2')),
    ),
    elb: onFirstUse(async () =>
      (await import('./classic-balancing.ts')).classicBalancing(connection, settings('elb')),
    ),
  };
  const { s3, secretsmanager, autoscaling, ec2, elbv2, elb } = services;
  // A wrong endpoint is told at once, not at the first use of its service.
  for (const name of Object.keys(services)) endpointFor(name as ServiceName, env);

  return {
    objects: {
      open: async (...call) => (await s3.get()).open(...call),
      read: async (...call) => (await s3.get()).read(...call),
      find: async (...call) => (await s3.get()).find(...call),
      write: async (...call) => (await s3.get()).write(...call),
    },
    secrets: { read: async (...call) => (await secretsmanager.get()).read(...call) },
    autoScaling: {
      describeHooks: async (...call) => (await autoscaling.get()).describeHooks(...call),
      describeInstance: async (...call) => (await autoscaling.get()).describeInstance(...call),
      targetGroups: async (...call) => (await autoscaling.get()).targetGroups(...call),
      complete: async (...call) => (await autoscaling.get()).complete(...call),
      heartbeat: async (...call) => (await autoscaling.get()).heartbeat(...call),
    },
    loadBalancing: {
      targets: async (...call) => (await elbv2.get()).targets(...call),
      describe: async (...call) => (await elbv2.get()).describe(...call),
      deregister: async (...call) => (await elbv2.get()).deregister(...call),
      register: async (...call) => (await elbv2.get()).register(...call),
    },
    classicBalancing: {
      standing: async (...call) => (await elb.get()).standing(...call),
      healthCheck: async (...call) => (await elb.get()).healthCheck(...call),
      register: async (...call) => (await elb.get()).register(...call),
      deregister: async (...call) => (await elb.get()).deregister(...call),
    },
    tags: { describe: async (...call) => (await ec2.get()).tags.describe(...call) },
    instances: { withTags: async (...call) => (await ec2.get()).instances.withTags(...call) },
    prepare: async (names) => {
      const clients = names.map((name) => services[name].get());
      await Promise.allSettled([...clients, connection.credentials()]);
    },
    close: () => {
      for (const service of Object.values(services)) service.close();
    },
  };
}

/** Makes a service's client once, when it is first asked for. */
function onFirstUse<T extends { close(): void }>(make: () => Promise<T>) {
  let made: Promise<T> | undefined;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    close: () => {
      void made?.then((service) => service.close());
    },
  };
}
