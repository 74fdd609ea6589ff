import { expect, it } from 'vitest';
import { lookAtStart } from '../../src/host/look-at-start.ts';

const never = new AbortController().signal;
const node = (script: string) => [process.execPath, '--eval', script] as const;

it('sees what a program has in memory at rest, and lets it end in good order', async () => {
  const script = `console.log('started', process.env.GIVEN, process.env.HOME);
    setInterval(() => {}, 60_000);
    process.on('SIGTERM', () => { console.error('ended'); process.exit(); });`;
  const { touched, said } = await lookAtStart([...node(script)], { GIVEN: '1' }, never);
  expect(touched.some(({ path }) => path === process.execPath)).toBe(true);
  expect(said).toBe('started 1 undefined\nended\n');
});

it('says why there was nothing to see', async () => {
  const fails = [...node(`console.error('no such luck'); process.exit(3)`)] as const;
  await expect(lookAtStart([...fails], {}, never)).rejects.toThrow(
    /^cannot look at the start of .*node: no such luck$/,
  );
  await expect(lookAtStart(['/no/program'], {}, never)).rejects.toThrow(
    /^cannot look at the start of \/no\/program: .*ENOENT/,
  );
});

it('ends the program when it is told to stop itself', async () => {
  const stop = new AbortController();
  const looking = lookAtStart(['/bin/sleep', '1000'], {}, stop.signal);
  setTimeout(() => stop.abort(new Error('stopped')), 100);
  await expect(looking).rejects.toThrow('stopped');
});
