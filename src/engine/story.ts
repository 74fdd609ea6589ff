/** The story of one bar of the timeline: all that is known of it, in words. */

import type { Bar } from './bar.ts';
import type { FlightRecord } from './flight-record.ts';
import { duration } from './sentence.ts';
import { waitInWords } from './waits.ts';

/** What is known of one bar, a line each. */
export function storyOf(bar: Bar, { steps }: FlightRecord): string[] {
  const step = bar.part === 'step' ? steps.find(({ id }) => id === bar.name) : undefined;
  const tries = bar.retries === 0 ? [] : [`tried again: ${bar.retries} x`];
  return [
    bar.outcome === '' ? bar.name : `${bar.name}: ${bar.outcome}`,
    `${duration(bar.endMs - bar.startMs)}, from ${duration(bar.startMs)} to ${duration(bar.endMs)}`,
    ...(bar.critical ? ['on the critical path'] : []),
    ...bar.waits.map((one) => `waited ${duration(one.ms)} for ${waitInWords(one)}`),
    ...tries,
    ...(step?.differences ?? []).map((difference) => `  ${difference}`),
    ...(step?.error === undefined ? [] : [step.error]),
  ];
}
