/** Agreed: what the classes of an image have in common of one kind, and what is left. */
import type { Step } from '../resources/step.ts';

/** The steps of two sample nodes of one class. */
export interface SampledClass {
  readonly class: string;
  readonly samples: readonly [readonly Step[], readonly Step[]];
}

export interface Agreed {
  readonly steps: readonly Step[];
  readonly left: readonly Left[];
}

/** What the boot has to do, and why an image cannot have it. */
export interface Left {
  readonly what: string;
  readonly because: string;
}

export function find(steps: readonly Step[], id: string): Step | undefined {
  return steps.find((step) => step.id === id);
}
