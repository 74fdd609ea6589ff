/** What the tests ask of the cloud, and what it answers: plain data, since it crosses a process. */
import type { LedgerEntry } from '../../../src/simulator/ledger.ts';
import type { MetadataRequest } from '../../../src/simulator/metadata/metadata-service.ts';
import type { Occurrence } from '../../../src/simulator/occurrence.ts';
import type { Wanted } from '../../../src/simulator/services/ec2/run-instances.ts';
import type { GroupView } from '../../../src/simulator/services/groups.ts';
import type { SimulatedImage } from '../../../src/simulator/services/world.ts';

export type Question =
  | {
      readonly ask: 'launch';
      readonly address: string;
      readonly scenario: string;
      /** Instances that name the same account share it: what the first one's scenario says of AWS. */
      readonly account?: string;
    }
  | {
      readonly ask: 'occur';
      readonly address: string;
      readonly what: Occurrence['what'];
    }
  | {
      readonly ask: 'open';
      /** Name of the account. */
      readonly account: string;
      readonly scenario: string;
      /** Images that are there from the start, by id; the disk of `ami-X` is `snap-X`. */
      readonly images: Readonly<Record<string, SimulatedImage>>;
    }
  | {
      readonly ask: 'ec2';
      readonly account: string;
      /** Fields of the Query protocol, `Action` among them. */
      readonly fields: Readonly<Record<string, string>>;
    }
  | {
      readonly ask: 'scale out';
      readonly account: string;
      readonly group: string;
      readonly template: LaunchTemplate;
    }
  | { readonly ask: 'books'; readonly address: string; readonly group: string }
  | {
      readonly ask: 'page';
      readonly address: string;
      readonly port: number;
      readonly path: string;
    }
  | { readonly ask: 'request'; readonly address: string; readonly request: Request }
  | {
      readonly ask: 'put';
      readonly address: string;
      readonly bucket: string;
      readonly key: string;
      readonly text: string;
    };

/** A request as a load balancer sends it on: redirects are not followed. */
export interface Request {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Response extends Page {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a machine answered to somebody outside, as its load balancer would ask. */
export interface Page {
  readonly status: number;
  readonly body: string;
}

export type Answer = Books | Page | Response | Opened | ScaledOut | null;

export interface Opened {
  /** Where the account's AWS listens, inside the cloud's network namespace. */
  readonly url: string;
}

export interface ScaledOut {
  readonly instanceId: string;
}

/** What a group launches; user data as text, since it crosses a process. */
export type LaunchTemplate = Pick<
  Wanted,
  'imageId' | 'instanceType' | 'instanceProfile' | 'tags' | 'metadataOptions'
> & { readonly userDataText?: string };

/** What the simulated AWS wrote down about one machine. */
export interface Books {
  readonly instanceId: string;
  readonly calls: readonly LedgerEntry[];
  readonly metadata: readonly MetadataRequest[];
  readonly group: GroupView | null;
}
