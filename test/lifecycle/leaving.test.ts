import { describe, expect, it } from 'vitest';
import {
  DamagedLeaving,
  type Drain,
  leavingFrom,
  leavingPath,
  readLeaving,
} from '../../src/lifecycle/leaving.ts';

const drain: Drain = {
  id: 'd',
  state: 'drained',
  kinds: ['by-hand'],
  because: 'somebody drains this node by hand',
  startedAt: 1,
  finishedAt: 3,
  until: 2,
  deregistered: true,
  stages: [{ stage: 'services', outcome: 'done', ms: 1 }],
};
const whole = {
  ...leavingFrom('0', 7),
  silentSince: null,
  notices: [{ kind: 'spot', because: 'EC2 takes it back', source: 'spot/x', until: 4 }],
  drain,
};
const read = (text: string | undefined) =>
  readLeaving({ read: async () => (text === undefined ? undefined : Buffer.from(text)) });

describe('the record of the watch', () => {
  it('is read as it was written; none is no fault', async () => {
    expect(await read(undefined)).toBeUndefined();
    expect(await read(JSON.stringify(whole))).toEqual(whole);
    expect(await read(JSON.stringify(leavingFrom('0', 7)))).toEqual(leavingFrom('0', 7));
  });

  it.each([
    ['', 'it is empty'],
    ['{"pid": 7', 'its 9 bytes are no whole JSON'],
    ['null', 'of something else'],
    ['[]', 'of something else'],
    ['7', 'of something else'],
    ...Object.entries({
      pid: '7',
      watching: 1,
      updatedAt: null,
      wasInService: undefined,
      silentSince: 'long',
      notices: [{ kind: 'rumour', because: '' }],
      drain: null,
    }).map(([key, value]) => [JSON.stringify({ ...whole, [key]: value }), 'of something else']),
    ...Object.entries({
      id: 1,
      state: 'gone',
      kinds: ['rumour'],
      because: undefined,
      startedAt: '1',
      finishedAt: '3',
      until: undefined,
      deregistered: 'yes',
      stages: [null],
    }).map(([key, value]) => [
      JSON.stringify({ ...whole, drain: { ...drain, [key]: value } }),
      'of something else',
    ]),
  ])('%s is told in words, with what to do', async (text, found) => {
    const damaged = await read(text).catch((error: unknown) => error);
    expect(damaged).toBeInstanceOf(DamagedLeaving);
    expect(String(damaged)).toContain(leavingPath);
    expect(String(damaged)).toContain(found);
    expect(String(damaged)).toContain('systemctl restart bootstrap-agent-watch');
  });
});
