/** FilledRole: a role with every template filled in; secrets stay references. What the planner reads. */
import type { Text } from '../resources/step.ts';
import type { Origin } from './role.ts';
import type { RoleDocument } from './schema.ts';

export interface FilledRole {
  readonly class: string;
  readonly ancestry: readonly string[];
  readonly document: FilledDocument;
  readonly origins: ReadonlyMap<string, Origin>;
}

type Entries<K extends keyof RoleDocument> =
  NonNullable<RoleDocument[K]> extends Record<string, infer E> ? NonNullable<E> : never;
type Sections<E> = Readonly<Record<string, E>>;

/** Every section is there (empty where the role has none); strings are final; where secrets may stand, a Text. */
export interface FilledDocument {
  readonly description: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly hostname?: string;
  readonly secrets: Sections<Entries<'secrets'>>;
  readonly users: Sections<Entries<'users'>>;
  readonly packages: Sections<Entries<'packages'>>;
  readonly kernel_modules: Sections<Entries<'kernel_modules'>>;
  readonly sysctl: Sections<string>;
  /** Unit -> why it must not start by itself. */
  readonly mask: Sections<string>;
  readonly directories: Sections<Entries<'directories'>>;
  readonly files: Sections<
    Omit<Entries<'files'>, 'content' | 'template'> & { readonly content: Text }
  >;
  readonly artifacts: Sections<Entries<'artifacts'>>;
  readonly commands: Sections<
    Omit<Entries<'commands'>, 'run' | 'unless' | 'env'> & {
      readonly run: readonly [string, ...string[]];
      readonly unless?: readonly [string, ...string[]];
      readonly env: Readonly<Record<string, Text>>;
    }
  >;
  readonly services: Sections<
    Omit<Entries<'services'>, 'unit' | 'drop_in'> & {
      readonly unit?: Text;
      readonly drop_in?: Text;
    }
  >;
  readonly probes: Sections<FilledProbe>;
  readonly lifecycle: FilledLifecycle;
  readonly recorder?: NonNullable<RoleDocument['recorder']>;
  readonly drain: FilledDrain;
}

type Lifecycle = NonNullable<RoleDocument['lifecycle']>;
export type FilledLifecycle = Omit<Lifecycle, 'register'> & {
  readonly register?: Omit<NonNullable<Lifecycle['register']>, 'port'> & {
    readonly port?: number;
  };
};

type Drain = NonNullable<RoleDocument['drain']>;
export type FilledDrainCommand = Omit<NonNullable<Drain['commands']>[string], 'run'> & {
  readonly run: readonly [string, ...string[]];
};

export type FilledDrain = Omit<Drain, 'ports' | 'stop_work' | 'commands'> & {
  readonly ports?: readonly number[];
  readonly stop_work: Sections<FilledDrainCommand>;
  readonly commands: Sections<FilledDrainCommand>;
};

interface ProbeTiming {
  readonly interval?: number | undefined;
  readonly timeout?: number | undefined;
  readonly successes?: number | undefined;
  readonly deadline?: number | undefined;
}

export type FilledProbe = ProbeTiming &
  (
    | {
        readonly http: {
          readonly port: number;
          readonly path?: string | undefined;
          readonly host?: string | undefined;
          readonly codes?: string | undefined;
        };
      }
    | { readonly tcp: { readonly port: number } }
    | { readonly command: readonly [string, ...string[]] }
  );
