/** Steps: what a plan consists of. Plain JSON told apart by `kind`; a secret is in it by reference only. */

export type Step =
  | ArtifactStep
  | CommandStep
  | DirectoryStep
  | FileStep
  | HoldStep
  | HostnameStep
  | KernelModuleStep
  | MaskStep
  | PackageStep
  | SecretStep
  | ServiceStep
  | SysctlStep
  | UserStep;

export type StepKind = Step['kind'];

interface StepBase {
  /** `file:/etc/app.conf`, `service:tomcat10`, `sysctl`: unique in a plan, the same at every boot. */
  readonly id: string;
  /** Ids of the steps that must have succeeded before this one starts. */
  readonly needs: readonly string[];
  /** Those of `needs` whose change makes this step do its work again (a service restarts). */
  readonly restartOn?: readonly string[];
  /** Path in the merged role that this step was made from: `files./etc/app.conf`. For --explain. */
  readonly from: string;
}

/** Text that may hold secrets: literal pieces and references, in order. */
export type Text = readonly (string | SecretReference)[];

export interface SecretReference {
  /** Name in the role's `secrets`. */
  readonly secret: string;
  /** JSON field of the secret's value. */
  readonly field?: string;
  readonly encoding?: 'url' | 'base64' | 'json';
}

interface Owned {
  readonly owner: string;
  readonly group: string;
  /** Octal text, four digits: '0644'. */
  readonly mode: string;
}

/** An S3 object, verified by sha256, as a file or an unpacked tree. */
export interface ArtifactStep extends StepBase, Owned {
  readonly kind: 'artifact';
  readonly source: { readonly bucket: string; readonly key: string; readonly versionId?: string };
  readonly sha256: string;
  /** Bytes of the object where the manifest tells. */
  readonly size?: number;
  /** file: `path` is the file. tree: `path` is a symlink to `<path>.releases/<digest>`. */
  readonly as: 'file' | 'tree';
  readonly format: 'plain' | 'tar' | 'tar.gz' | 'tar.zst' | 'zip';
  readonly path: string;
  /** Unpacked releases kept, the current one included. */
  readonly keep: number;
  /** Leading path components removed from member names. */
  readonly strip: number;
  /** Bounds against decompression bombs. */
  readonly limits: { readonly bytes: number; readonly files: number };
}

export interface FileStep extends StepBase, Owned {
  readonly kind: 'file';
  readonly path: string;
  readonly content: Text;
  /** Services that need it are not restarted when it changes. */
  readonly restarts?: false;
}

export interface DirectoryStep extends StepBase, Owned {
  readonly kind: 'directory';
  readonly path: string;
}

export interface UserStep extends StepBase {
  readonly kind: 'user';
  readonly name: string;
  readonly system: boolean;
  readonly uid?: number;
  /** Primary group; one of the user's own name when absent. */
  readonly group?: string;
  readonly groups: readonly string[];
  readonly home?: string;
  readonly shell: string;
}

/** All secrets of the role: one step, so that they come side by side. Each is written to `/run/bootstrap-agent/secrets/<name>`. */
export interface SecretStep extends StepBase {
  readonly kind: 'secret';
  readonly secrets: readonly SecretSpec[];
}

export interface SecretSpec {
  readonly name: string;
  /** Name or ARN in Secrets Manager. */
  readonly from: string;
  readonly field?: string;
  readonly versionStage?: string;
  readonly owner: string;
  readonly group: string;
}

/** Kernel parameters, written through /proc/sys and persisted in /etc/sysctl.d/60-bootstrap-agent.conf. */
export interface SysctlStep extends StepBase {
  readonly kind: 'sysctl';
  /** `net.core.somaxconn` -> `4096`; values with white space between fields normalised to one blank. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Kernel modules, loaded by modprobe and persisted in modules-load.d and modprobe.d. */
export interface KernelModuleStep extends StepBase {
  readonly kind: 'kernel-module';
  readonly modules: readonly {
    readonly name: string;
    readonly options: Readonly<Record<string, string>>;
  }[];
}

/** Packages of the distribution: one step, so that apt or dnf runs once. */
export interface PackageStep extends StepBase {
  readonly kind: 'package';
  readonly packages: readonly PackageSpec[];
}

export interface PackageSpec {
  /** Name on apt systems and on dnf systems; undefined: not wanted there. */
  readonly apt?: string;
  readonly dnf?: string;
  /** `present`, `absent`, or a version as the package system spells it. */
  readonly wanted: string;
}

export interface ServiceStep extends StepBase {
  readonly kind: 'service';
  /** Unit name with suffix: `tomcat10.service`. */
  readonly unit: string;
  /** Those of `restartOn` that a reload is enough for. */
  readonly reloadOn?: readonly string[];
  readonly enable: boolean;
  readonly state: 'started' | 'stopped';
  /** A whole unit file of ours, at /etc/systemd/system/<unit>. */
  readonly unitFile?: Text;
  /** A drop-in, at /etc/systemd/system/<unit>.d/50-bootstrap-agent.conf. */
  readonly dropIn?: Text;
  /** Credentials handed over by LoadCredential=, name -> secret. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Seconds that `systemctl start` may take. */
  readonly timeoutSeconds: number;
}

export interface CommandStep extends StepBase {
  readonly kind: 'command';
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Done when this path exists. */
  readonly creates?: string;
  /** Done when this command exits 0. */
  readonly unless?: readonly [string, ...string[]];
  /** Done when it has run once on this instance and root volume. */
  readonly once?: 'instance';
  readonly user?: string;
  readonly cwd?: string;
  readonly env: Readonly<Record<string, Text>>;
  readonly timeoutSeconds: number;
}

/** Units that must not start by themselves: one step, so that they are stopped in one call. */
export interface MaskStep extends StepBase {
  readonly kind: 'mask';
  /** Unit names with suffix. */
  readonly units: readonly string[];
}

/** Services that must not run while the instance lies ready in a warm pool: one step, so that they are stopped in one call. */
export interface HoldStep extends StepBase {
  readonly kind: 'hold';
  /** Unit names with suffix. */
  readonly units: readonly string[];
  /** Units that the role runs in the pool all the same: left alone, also where they would start one of `units`. */
  readonly kept: readonly string[];
  /** Seconds that stopping them may take. */
  readonly timeoutSeconds: number;
}

export interface HostnameStep extends StepBase {
  readonly kind: 'hostname';
  readonly hostname: string;
}
