/** The machine as a process at rest needs it: small files of /run, and programs; what it takes to do more is loaded when it is wanted. */
import { StepError } from '../errors.ts';
import type { Files, Host } from './host.ts';

export type SmallHost = Pick<Host, 'run'> & {
  readonly files: Pick<Files, 'read' | 'write' | 'remove'> & {
    /** Whether there is something at the path. */
    has(path: string): Promise<boolean>;
  };
  /** All that the machine can do; loads the code for it. */
  whole(): Promise<Host>;
};

/** The host whose root is `/`. */
export function smallHost(): SmallHost {
  // An import of node:fs would build fs.promises and with it the streams: three megabytes that a read does not need.
  const fs = process.getBuiltinModule('node:fs');
  const whole = async () => (await import('./local-host.ts')).localHost();
  return {
    files: {
      async read(path) {
        try {
          return fs.readFileSync(path);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
          throw new StepError(`cannot read ${path}: ${code(error)}`, { cause: error });
        }
      },
      /** Atomically; not on the disk before it answers, which is no loss below /run. */
      async write(path, bytes, { mode = 0o644 } = {}) {
        const beside = `${path}.new`;
        try {
          fs.mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true, mode: 0o755 });
          fs.writeFileSync(beside, bytes, { mode });
          fs.renameSync(beside, path);
        } catch (error) {
          throw new StepError(`cannot write ${path}: ${code(error)}`, { cause: error });
        }
      },
      async remove(path) {
        fs.rmSync(path, { force: true });
      },
      has: async (path) => fs.existsSync(path),
    },
    run: async (...call) => (await whole()).run(...call),
    whole,
  };
}

/** A whole host, as a process that is not at rest has one anyhow. */
export function smallOf(host: Host): SmallHost {
  const { files } = host;
  return {
    files: {
      read: (path) => files.read(path),
      write: (...call) => files.write(...call),
      remove: (path) => files.remove(path),
      has: async (path) => (await files.stat(path)) !== undefined,
    },
    run: (...call) => host.run(...call),
    whole: async () => host,
  };
}

function code(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
