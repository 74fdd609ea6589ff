import { expect, test } from 'vitest';
import { type Event, EventStream } from '../src/events.ts';
import { Redactor } from '../src/redaction.ts';

function stream(times: { now: number; monotonic: number }) {
  const redactor = new Redactor();
  const clock = { now: () => times.now, monotonic: () => times.monotonic };
  return { redactor, events: new EventStream(clock, redactor) };
}

test('each event has the time of day, and the time since the stream began even if the clock is set', () => {
  const times = { now: 1_000_000.4, monotonic: 50 };
  const { events } = stream(times);
  const seen: Event[] = [];
  events.listen((event) => seen.push(event));
  events.tell({ type: 'warning', message: 'one' });
  Object.assign(times, { now: 5_000, monotonic: 62.34 });
  events.tell({ type: 'warning', message: 'two' });
  expect(seen).toEqual([
    { at: 1_000_000, elapsed: 0, type: 'warning', message: 'one' },
    { at: 5_000, elapsed: 12.3, type: 'warning', message: 'two' },
  ]);
});

test('every listener hears every event from when it listens, in order', () => {
  const { events } = stream({ now: 0, monotonic: 0 });
  const heard: string[] = [];
  const message = (event: Event) => (event.type === 'warning' ? event.message : '');
  events.listen((event) => heard.push(`first ${message(event)}`));
  events.tell({ type: 'warning', message: 'a' });
  events.listen((event) => heard.push(`second ${message(event)}`));
  events.tell({ type: 'warning', message: 'b' });
  expect(heard).toEqual(['first a', 'first b', 'second b']);
});

test('secrets learnt at any time before are in no event', () => {
  const { events, redactor } = stream({ now: 0, monotonic: 0 });
  const seen: Event[] = [];
  events.listen((event) => seen.push(event));
  redactor.learn('correct-horse');
  const differences = ['content is correct-horse'];
  events.tell({ type: 'step-applying', step: 'file:/correct-horse', differences });
  expect(seen[0]).toMatchObject({
    step: 'file:/[redacted]',
    differences: ['content is [redacted]'],
  });
  expect(differences).toEqual(['content is correct-horse']);
});

test('a listener that throws hears no more; all others do, and who tells it hears of it', () => {
  const { events } = stream({ now: 0, monotonic: 0 });
  const heard: string[] = [];
  const message = (event: Event) => (event.type === 'warning' ? event.message : '');
  const bug = new TypeError('x is undefined');
  events.listen((event) => {
    heard.push(`first ${message(event)}`);
    throw bug;
  });
  events.listen((event) => heard.push(`second ${message(event)}`));
  expect(() => events.tell({ type: 'warning', message: 'a' })).toThrow(bug);
  events.tell({ type: 'warning', message: 'b' });
  expect(heard).toEqual(['first a', 'second a', 'second b']);
});

test('tell may be passed around by itself', () => {
  const { events } = stream({ now: 0, monotonic: 0 });
  const seen: Event[] = [];
  events.listen((event) => seen.push(event));
  const { tell } = events;
  tell({ type: 'warning', message: 'x' });
  expect(seen).toHaveLength(1);
});
