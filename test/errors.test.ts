import { expect, test } from 'vitest';
import { ConfigError, isAbort, messageOf, StepError, UnavailableError } from '../src/errors.ts';

test.each([ConfigError, UnavailableError, StepError])(
  '%o keeps its name, message and cause',
  (Kind) => {
    const cause = new Error('below');
    const error = new Kind('above', { cause });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.cause]).toEqual([Kind.name, 'above', cause]);
  },
);

test('a ConfigError holds all faults that were found together', () => {
  expect(new ConfigError('two', { faults: ['a', 'b'] }).faults).toEqual(['a', 'b']);
  expect(new ConfigError('one').faults).toEqual([]);
});

test('an abort is recognised however the runtime spells it', async () => {
  expect(isAbort(AbortSignal.abort().reason)).toBe(true);
  const timeout = AbortSignal.timeout(1);
  await new Promise((resolve) => timeout.addEventListener('abort', resolve));
  expect(isAbort(timeout.reason)).toBe(true);
  expect(isAbort(Object.assign(new Error('SDK'), { name: 'AbortError' }))).toBe(true);
  expect(isAbort(new StepError('x'))).toBe(false);
  expect(isAbort('AbortError')).toBe(false);
});

test('the text of anything thrown', () => {
  expect([new Error('a'), 'b', 3, undefined].map(messageOf)).toEqual(['a', 'b', '3', 'undefined']);
});
