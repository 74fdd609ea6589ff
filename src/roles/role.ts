/** Role: what a node of one class consists of, merged from all its sources; templates not yet filled in. */
import type { RoleDocument } from './schema.ts';

export interface Role {
  readonly class: string;
  /** The role and those it extends, nearest first: ['tomcat', 'base']. */
  readonly ancestry: readonly string[];
  /** All sources merged; entries that were removed by `null` are gone. */
  readonly document: RoleDocument;
  /** Where each leaf of `document` came from, keyed by its path joined with dots: `sysctl.net.core.somaxconn`. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Text of the template files that `document` names. */
  readonly templates: ReadonlyMap<string, string>;
}

/** Where a value was written. */
export interface Origin {
  readonly value: unknown;
  readonly at: Place;
  /** What it replaced, latest first. */
  readonly replaced: readonly { readonly value: unknown; readonly at: Place }[];
}

export interface Place {
  /** `roles/tomcat.yaml`, `user data`, `s3://bucket/overlay.yaml`. */
  readonly source: string;
  /** 1-based; absent where the source has no lines. */
  readonly line?: number;
  readonly column?: number;
  /** For an override: its position and condition, `overrides[1] (instance_type m5.*)`. */
  readonly within?: string;
  /** For a text whose lines are lines of the source: where its first character stands, so that faults inside it can be placed. */
  readonly text?: { readonly line: number; readonly column: number };
}

/** A role source as found: the river reads it (files, S3, user data) and hands it over as text. */
export interface RoleSource {
  /** Class name: the file's name without `.yaml`. */
  readonly name: string;
  /** How to call it in messages: a path or address that a person can open. */
  readonly source: string;
  readonly text: string;
  /** Why the file is no role that a person wrote (empty, not UTF-8); its text is then not to be read. */
  readonly unusable?: string;
}
