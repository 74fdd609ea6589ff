/** Description of a simulated machine, as people write it in a scenario: what is on it, and how its services behave. */
import { z } from 'zod';

const path = z.string().startsWith('/', 'must be an absolute path');
const milliseconds = z.number().min(0);
const files = z.record(path, z.string());
const port = z.number().int().min(1).max(65_535);

const sysctl = z.union([
  z.string(),
  z.number(),
  /** Absent, though it is among the usual ones. */
  z.null(),
  z.strictObject({
    value: z.union([z.string(), z.number()]),
    readonly: z.boolean().optional(),
    /** Names that the kernel knows; another one is refused, as where its module is missing. */
    known: z.array(z.string()).optional(),
    /** A value outside is silently bounded, as some keys of the kernel do. */
    clamp: z.strictObject({ min: z.number().optional(), max: z.number().optional() }).optional(),
  }),
]);

const kernelModule = z.union([
  z.string(),
  /** Loading it brings these keys below /proc/sys. */
  z.strictObject({ name: z.string(), sysctl: z.record(z.string(), sysctl) }),
]);

const repositoryPackage = z.strictObject({
  version: z.string().optional(),
  users: z.array(z.string()).optional(),
  files: files.optional(),
  /** Unit names, or unit files by name. */
  units: z.union([z.array(z.string()), z.record(z.string(), z.string())]).optional(),
});

const service = z.strictObject({
  /** Without `answers` a port that takes TCP connections; with it HTTP: one status for all, or by path, else 404. */
  listens: z
    .array(
      z.strictObject({
        port,
        answers: z
          .union([
            z.number().int().min(100).max(599),
            z.record(
              path,
              z.strictObject({
                status: z.number().int().min(100).max(599),
                body: z.string().optional(),
                /** From the request to the answer, by the simulator's clock. */
                takes_ms: milliseconds.optional(),
              }),
            ),
          ])
          .optional(),
      }),
    )
    .optional(),
  /** From the start to the moment its ports are open. */
  ready_after_ms: milliseconds.optional(),
  fails: z
    .string()
    .regex(/^(to start|after \d+ ms)$/, 'must be "to start" or "after 300 ms"')
    .optional(),
  /** How long stopping it takes. */
  stops_after_ms: milliseconds.optional(),
  /** What its journal holds. */
  log: z.array(z.string()).optional(),
});

const command = z.strictObject({
  /** Program and arguments joined by blanks; `*` stands for anything. */
  match: z.string(),
  exit: z.number().int().min(0).max(255).optional(),
  stdout: z.string().optional(),
  stderr: z.string().optional(),
  creates: files.optional(),
  takes_ms: milliseconds.optional(),
  /** How many times it answers so; every time when absent. */
  times: z.number().int().min(1).optional(),
});

export const machineSchema = z.strictObject({
  distribution: z.enum(['debian', 'amazon-linux']),
  vcpus: z.number().int().min(1),
  memory_mib: z.number().int().min(1),
  architecture: z.enum(['x86_64', 'arm64']),
  /** Id of the volume that holds /; absent: the device tells none, as on Xen. */
  root_volume: z.string().optional(),
  files: files.optional(),
  sysctl: z.record(z.string(), sysctl).optional(),
  kernel_modules: z
    .strictObject({
      available: z.array(kernelModule).optional(),
      builtin: z.array(z.string()).optional(),
    })
    .optional(),
  packages: z
    .strictObject({
      /** Names, or name=version. */
      installed: z.array(z.string()).optional(),
      repository: z.record(z.string(), repositoryPackage).optional(),
      /** The package lists are not there until they are updated, as in most fresh images. */
      lists_missing: z.boolean().optional(),
    })
    .optional(),
  services: z.record(z.string(), service).optional(),
  commands: z.array(command).optional(),
  disk_bytes_free: z.number().min(0).optional(),
  /** Nothing can be written below these paths. */
  read_only: z.array(path).optional(),
});

export type MachineDescription = z.infer<typeof machineSchema>;
export type SysctlDescription = z.infer<typeof sysctl>;
export type ServiceDescription = z.infer<typeof service>;
export type CommandDescription = z.infer<typeof command>;
export type RepositoryPackage = z.infer<typeof repositoryPackage>;
