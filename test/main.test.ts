import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** `agent rehearse tomcat --json` in a process of its own; `preload`: what runs there first. */
function rehearsing(preload = '') {
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, main, 'rehearse', '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number,
    document: JSON.parse(stdout),
  }));
  return { child, ended };
}

describe('the process of a boot', () => {
  it('goes on when nobody reads its log any more', async () => {
    const { child, ended } = rehearsing();
    child.stderr.once('data', () => child.stderr.destroy());
    const { code, document } = await ended;
    expect(code).toBe(0);
    expect(document.signalled).toBe('CONTINUE');
  });

  it('tells the group of a bug that nobody caught', async () => {
    const { child, ended } = rehearsing(`
      const write = process.stderr.write;
      process.stderr.write = function (text, ...rest) {
        if (String(text).includes('plan-made')) setImmediate(() => { throw new TypeError('nobody caught this'); });
        return write.call(this, text, ...rest);
      };`);
    child.stderr.resume();
    const { code, document } = await ended;
    expect(code).toBe(70);
    expect(document.signalled).toBe('ABANDON');
    expect(document.record.failure[0].message).toBe('nobody caught this');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends in 75 by %s, and signals nothing', async (name) => {
    const { child, ended } = rehearsing();
    let told = '';
    child.stderr.on('data', (bytes: Buffer) => {
      const before = told;
      told += bytes.toString();
      if (!before.includes('plan-made') && told.includes('plan-made')) child.kill(name);
    });
    const { code, document } = await ended;
    expect(code).toBe(75);
    expect(document.signalled).toBe('none');
    expect(document.record.verdict).toBeUndefined();
    expect(told).toContain(`Stopped by ${name}.`);
  });
});
