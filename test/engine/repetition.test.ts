import { describe, expect, it } from 'vitest';
import { Repetition } from '../../src/engine/repetition.ts';
import type { Event, Happening } from '../../src/events.ts';

const at = (happening: Happening): Event => ({ at: 0, elapsed: 0, ...happening });
const reason = 'secretsmanager:GetSecretValue of secret prod/db: AWS answered 403 AccessDenied';

describe('a retry', () => {
  const retry = (because: string): Happening => ({
    type: 'metadata-retrying',
    key: 'api/token',
    because,
    waitMs: 1,
  });

  it('is worth a line the 1st, 2nd, 4th, 8th time for one reason', () => {
    const repetition = new Repetition();
    const told = Array.from({ length: 20 }, (_, n) => n + 1).filter(() =>
      repetition.isWorthALine(retry('refused')),
    );
    expect(told).toEqual([1, 2, 4, 8, 16]);
  });

  it('for another reason, or of another service, is news', () => {
    const repetition = new Repetition();
    for (let n = 0; n < 4; n += 1) repetition.isWorthALine(retry('refused'));
    expect(repetition.isWorthALine(retry('refused'))).toBe(false);
    expect(repetition.isWorthALine(retry('503'))).toBe(true);
    const step = { type: 'step-retrying', step: 'secrets', because: 'refused', waitMs: 1 } as const;
    expect(repetition.isWorthALine(step)).toBe(true);
  });

  it('alone is ever left out', () => {
    const repetition = new Repetition();
    const warning = { type: 'warning', message: reason } as const;
    for (let n = 0; n < 5; n += 1) expect(repetition.isWorthALine(warning)).toBe(true);
  });
});

describe('a long reason', () => {
  it('stands there once: with the step, and not again with verdict, hook and warning', () => {
    const repetition = new Repetition();
    const events: Happening[] = [
      { type: 'step-finished', step: 'secrets', outcome: 'failed', ms: 1, error: reason },
      { type: 'verdict', result: 'ABANDON', because: `secrets: ${reason}` },
      { type: 'hook-completed', result: 'ABANDON', outcome: 'not-sent', because: reason },
      { type: 'warning', message: reason },
    ];
    expect(events.map((event) => repetition.shortened(at(event)))).toMatchObject([
      { error: reason },
      { because: 'secrets: as above' },
      { because: 'as above' },
      { message: 'as above' },
    ]);
  });

  it('that is part of what was told is not told again', () => {
    const repetition = new Repetition();
    repetition.shortened(at({ type: 'verdict', result: 'ABANDON', because: `Cannot: ${reason}` }));
    const hook = { type: 'hook-completed', result: 'ABANDON', outcome: 'not-sent' } as const;
    expect(repetition.shortened(at({ ...hook, because: reason }))).toMatchObject({
      because: 'as above',
    });
  });
});

it('short reasons are said again: they are read sooner than looked up', () => {
  const repetition = new Repetition();
  const warning = at({ type: 'warning', message: 'no journal' });
  expect([repetition.shortened(warning), repetition.shortened(warning)]).toEqual([
    warning,
    warning,
  ]);
});
