/** API limits of an account: token buckets, each with the document that names its numbers. */
import type { Clock } from '../../clock.ts';
import { ServiceError } from './service.ts';

/** A token bucket, or what shares one: `ec2:DescribeTags`, `secretsmanager:BatchGetSecretValue`. */
export interface LimitView {
  readonly name: string;
  /** Where the numbers come from. */
  readonly source: string;
  /** Size and refill of the bucket; absent where nobody publishes them, and nothing is refused then. */
  readonly tokens?: number;
  readonly perSecond?: number;
  readonly requests: number;
  readonly refused: number;
  /** Most requests within any one second. */
  readonly peak: number;
}

export interface Figures {
  readonly tokens: number;
  readonly perSecond: number;
}

export interface Limits {
  /** Counts a call. Throws ServiceError, in the words of its service, where the bucket is empty. */
  take(service: string, operation: string, subject: string): void;
  /** Those that were asked of, in order of their first request. */
  readonly views: readonly LimitView[];
}

interface Rule {
  readonly service: string;
  readonly operations: RegExp;
  /** What shares one bucket. */
  readonly shared: (operation: string, subject: string) => string;
  readonly source: string;
  readonly figures?: Figures;
}

const alike = (name: string) => () => name;
const eachOperation = (service: string) => (operation: string) => `${service}:${operation}`;
const eachPrefix = (what: string) => (_: string, subject: string) =>
  `s3:${what} ${subject.slice(0, subject.lastIndexOf('/') + 1)}*`;
const quotas = 'Secrets Manager user guide, reference_limits';
const performance = 'S3 user guide, optimizing-performance';
const slowly = (perSecond: number) => ({ tokens: perSecond, perSecond });

/** A quota "per second" is taken for a bucket that holds one second of it. */
const rules: readonly Rule[] = [
  {
    service: 'ec2',
    operations: /^Describe/,
    shared: eachOperation('ec2'),
    source: 'EC2 developer guide, ec2-api-throttling',
    figures: { tokens: 100, perSecond: 20 },
  },
  {
    service: 'elbv2',
    operations: /^Describe/,
    shared: alike('elbv2:Describe*'),
    source: 'Elastic Load Balancing user guide, elb-api-throttling',
    figures: { tokens: 40, perSecond: 10 },
  },
  {
    service: 'secretsmanager',
    operations: /^BatchGetSecretValue$/,
    shared: eachOperation('secretsmanager'),
    source: quotas,
    figures: slowly(100),
  },
  {
    service: 'secretsmanager',
    operations: /^(GetSecretValue|DescribeSecret)$/,
    shared: alike('secretsmanager:GetSecretValue'),
    source: quotas,
    figures: slowly(10_000),
  },
  {
    service: 's3',
    operations: /^(Get|Head)Object$/,
    shared: eachPrefix('GetObject'),
    source: performance,
    figures: slowly(5_500),
  },
  {
    service: 's3',
    operations: /^PutObject$/,
    shared: eachPrefix('PutObject'),
    source: performance,
    figures: slowly(3_500),
  },
  {
    service: 'autoscaling',
    operations: /./,
    shared: alike('autoscaling:*'),
    source:
      'one bucket for all calls, its size not published (Auto Scaling API reference, Welcome)',
  },
];

/** How each service says that it is too much. */
const refusals: Readonly<Record<string, readonly [status: number, code: string, message: string]>> =
  {
    ec2: [503, 'RequestLimitExceeded', 'Request limit exceeded.'],
    s3: [503, 'SlowDown', 'Please reduce your request rate.'],
    elbv2: [400, 'ThrottlingException', 'Rate exceeded'],
    autoscaling: [400, 'RateExceeded', 'Rate exceeded'],
    secretsmanager: [400, 'ThrottlingException', 'Rate exceeded'],
  };

/** The limits of one account. `own`: a scenario's figures by the name of a bucket, instead of those published. */
export function limitsBy(clock: Clock, own: Readonly<Record<string, Figures>> = {}): Limits {
  const buckets = new Map<string, Bucket>();
  return {
    take(service, operation, subject) {
      const rule = rules.find((one) => one.service === service && one.operations.test(operation));
      if (rule === undefined) return;
      const name = rule.shared(operation, subject);
      let bucket = buckets.get(name);
      if (bucket === undefined) {
        const source = own[name] === undefined ? rule.source : 'the scenario';
        bucket = new Bucket(name, source, own[name] ?? rule.figures, clock);
        buckets.set(name, bucket);
      }
      if (bucket.take()) return;
      const [status, code, message] = refusals[service] ?? [400, 'Throttling', 'Rate exceeded'];
      throw new ServiceError(status, code, message);
    },
    get views() {
      return [...buckets.values()].map((bucket) => bucket.view);
    },
  };
}

/** Names of buckets that a scenario may give figures of its own. */
export function isBucketName(name: string): boolean {
  const [service = '', operation = ''] = name.split(/[: ]/);
  const rule = rules.find((one) => one.service === service && one.operations.test(operation));
  if (service === 's3') return rule !== undefined && / \S+\/\*$/.test(name);
  return rule?.shared(operation, '') === name;
}

class Bucket {
  readonly #name: string;
  readonly #source: string;
  readonly #figures: Figures | undefined;
  readonly #clock: Clock;
  #level: number;
  #filledAt: number;
  #refused = 0;
  readonly #arrivals: number[] = [];

  constructor(name: string, source: string, figures: Figures | undefined, clock: Clock) {
    this.#name = name;
    this.#source = source;
    this.#figures = figures;
    this.#clock = clock;
    this.#level = figures?.tokens ?? 0;
    this.#filledAt = clock.monotonic();
  }

  /** False where it is empty. */
  take(): boolean {
    const now = this.#clock.monotonic();
    this.#arrivals.push(now);
    if (this.#figures === undefined) return true;
    const { tokens, perSecond } = this.#figures;
    this.#level = Math.min(tokens, this.#level + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#level < 1) {
      this.#refused += 1;
      return false;
    }
    this.#level -= 1;
    return true;
  }

  get view(): LimitView {
    let first = 0;
    let peak = 0;
    for (const [last, at] of this.#arrivals.entries()) {
      while (at - (this.#arrivals[first] as number) >= 1000) first += 1;
      peak = Math.max(peak, last - first + 1);
    }
    return {
      name: this.#name,
      source: this.#source,
      ...this.#figures,
      requests: this.#arrivals.length,
      refused: this.#refused,
      peak,
    };
  }
}
