/** What the tests ask of the cloud, and what it answers: plain data, since it crosses a process. */
import type { LedgerEntry } from '../../../src/simulator/ledger.ts';
import type { MetadataRequest } from '../../../src/simulator/metadata/metadata-service.ts';
import type { GroupView } from '../../../src/simulator/services/groups.ts';

export type Question =
  | {
      readonly ask: 'launch';
      readonly address: string;
      readonly scenario: string;
      /** Instances that name the same account share it: what the first one's scenario says of AWS. */
      readonly account?: string;
    }
  | { readonly ask: 'books'; readonly address: string; readonly group: string }
  | {
      readonly ask: 'page';
      readonly address: string;
      readonly port: number;
      readonly path: string;
    };

/** What a machine answered to somebody outside, as its load balancer would ask. */
export interface Page {
  readonly status: number;
  readonly body: string;
}

export type Answer = Books | Page | null;

/** What the simulated AWS wrote down about one machine. */
export interface Books {
  readonly instanceId: string;
  readonly calls: readonly LedgerEntry[];
  readonly metadata: readonly MetadataRequest[];
  readonly group: GroupView | null;
}
