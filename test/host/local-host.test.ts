import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, StepError } from '../../src/errors.ts';
import { architecture, localHost, memoryMib } from '../../src/host/local-host.ts';
import { loginOf } from '../../src/host/login.ts';
import { Output } from '../../src/host/output.ts';

const host = localHost();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-host-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('running a program', () => {
  it('gives exit code, output and lines, and takes input', async () => {
    const lines: string[] = [];
    const finished = await host.run(['/bin/sh', '-c', 'cat; echo two >&2; printf three; exit 7'], {
      input: 'one\n',
      onLine: (line) => lines.push(line),
    });
    expect(finished).toEqual({
      exitCode: 7,
      stdout: 'one\nthree',
      stderr: 'two\n',
      timedOut: false,
    });
    expect(lines.sort()).toEqual(['one', 'three', 'two']);
  });

  it('is not troubled by a program that leaves its input unread', async () => {
    const input = 'x'.repeat(4 << 20);
    const finished = await host.run(['/bin/sh', '-c', 'exec 0<&-; echo enough'], { input });
    expect(finished).toMatchObject({ exitCode: 0, stdout: 'enough\n' });
  });

  it('uses no shell, and hands over only the environment that is given', async () => {
    expect((await host.run(['echo', '$HOME;', '*'])).stdout).toBe('$HOME; *\n');
    process.env.LEAKS = 'yes';
    const { stdout } = await host.run(['env'], { env: { GIVEN: '1' } });
    delete process.env.LEAKS;
    expect(stdout.split('\n').map((line) => line.split('=')[0])).toEqual(
      expect.arrayContaining(['PATH', 'LC_ALL', 'GIVEN']),
    );
    expect(stdout).not.toContain('LEAKS');
  });

  it('runs where it is told to', async () => {
    expect((await host.run(['pwd', '-P'], { cwd: '/usr' })).stdout).toBe('/usr\n');
  });

  it('says which program or directory is missing', async () => {
    await expect(host.run(['no-such-program'])).rejects.toThrow(
      /^cannot run no-such-program: it is not in \/usr\/local\/sbin:/,
    );
    await expect(host.run(['/no/program'])).rejects.toThrow('there is no such file');
    await expect(host.run(['pwd'], { cwd: '/not/there' })).rejects.toThrow(
      'cannot run pwd in /not/there (is that directory there?)',
    );
    await writeFile(join(folder, 'plain'), '', { mode: 0o644 });
    await expect(host.run([join(folder, 'plain')])).rejects.toThrow('it may not be executed');
  });

  it('says why a program cannot be started at all', async () => {
    await expect(host.run(['true', 'x'.repeat(4 << 20)])).rejects.toThrow(
      'cannot run true: its arguments and environment are too long',
    );
  });

  it('kills a program with its children when the time is up', async () => {
    const pids = join(folder, 'pids');
    const finished = await host.run(
      ['/bin/sh', '-c', `sleep 600 & echo $! > ${pids}; trap 'exit 3' TERM; wait`],
      { timeoutSeconds: 0.3 },
    );
    expect(finished.timedOut).toBe(true);
    expect(finished.exitCode).not.toBe(0);
    await expectGone(Number(await readFile(pids, 'utf8')));
  });

  it('kills a program when aborted, and throws the reason', async () => {
    const abort = new AbortController();
    const started = new Promise<number>((resolve, reject) => {
      host
        .run(['/bin/sh', '-c', 'echo $$; exec sleep 600'], {
          signal: abort.signal,
          onLine: (line) => resolve(Number(line)),
        })
        .then(() => reject(new Error('it ended')), settled);
    });
    let settle: (error: unknown) => void = () => undefined;
    const ended = new Promise<unknown>((resolve) => {
      settle = resolve;
    });
    function settled(error: unknown) {
      settle(error);
    }
    const pid = await started;
    abort.abort(new Error('enough'));
    expect(await ended).toMatchObject({ message: 'enough' });
    await expectGone(pid);
    await expect(host.run(['true'], { signal: abort.signal })).rejects.toThrow('enough');
  });

  it('does not wait for what was left in the background', async () => {
    const { stdout, exitCode } = await host.run(['/bin/sh', '-c', 'sleep 30 & echo $!']);
    expect(exitCode).toBe(0);
    process.kill(Number(stdout));
  });

  it('tells death by a signal as shells do', async () => {
    expect((await host.run(['/bin/sh', '-c', 'kill -9 $$'])).exitCode).toBe(137);
  });

  it.runIf(process.getuid?.() === 0)(
    'runs as another user, with the groups of that user',
    async () => {
      const { stdout } = await host.run(['/bin/sh', '-c', 'id -un; id -Gn; echo $HOME'], {
        user: 'nobody',
      });
      expect(stdout.split('\n')[0]).toBe('nobody');
      expect(stdout.split('\n')[1]).not.toContain('root');
    },
  );

  it('refuses a user that is not there', async () => {
    await expect(host.run(['true'], { user: 'no-such-user' })).rejects.toThrow(StepError);
    expect(loginOf('root')).toMatchObject({ uid: 0, env: { USER: 'root' } });
  });
});

describe('output', () => {
  it('is bounded to its last mebibyte, cuts endless lines, keeps characters whole', () => {
    const lines: string[] = [];
    const output = new Output((line) => lines.push(line));
    const euro = Buffer.from('€');
    output.take(euro.subarray(0, 1));
    output.take(euro.subarray(1));
    output.take(Buffer.from('\r\n'));
    for (let i = 0; i < 40; i += 1) output.take(Buffer.alloc(100_000, 'x'));
    const text = output.end();
    expect(text.length).toBe(1024 * 1024);
    expect(lines[0]).toBe('€');
    expect(lines[1]).toHaveLength(64 * 1024);
    expect(lines.join('')).toHaveLength(1 + 4_000_000);
  });
});

describe('the hardware', () => {
  it('is what the kernel says', async () => {
    const { vcpus, memoryMib: memory, bootId } = await host.hardware();
    expect(vcpus).toBeGreaterThan(0);
    expect(memory).toBeGreaterThan(64);
    expect(bootId).toBe((await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim());
    expect(host.reach(80)).toEqual({ host: '127.0.0.1', port: 80 });
  });

  it('is read from meminfo and told in the words of EC2', () => {
    expect(memoryMib('MemTotal:        7943212 kB\nMemFree: 1 kB\n')).toBe(7757);
    expect(() => memoryMib('')).toThrow('no line MemTotal');
    expect(architecture('x64')).toBe('x86_64');
    expect(architecture('arm64')).toBe('arm64');
    expect(() => architecture('riscv64')).toThrow(ConfigError);
  });
});

/** Signals are delivered in their own time; a process that never goes fails the test by its time limit. */
async function expectGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      if (stat.split(') ')[1]?.startsWith('Z')) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
