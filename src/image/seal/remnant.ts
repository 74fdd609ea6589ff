/** Remnant: something that the making of an image left in it, and what is done about it. */

export interface Remnant {
  readonly path: string;
  /** What it is, in words. */
  readonly what: string;
  /** Bytes that go away. */
  readonly bytes: number;
  readonly end:
    | { readonly kind: 'remove' }
    /** The file stays, with owner and mode, and holds nothing. */
    | { readonly kind: 'empty' }
    /** The file stays, and holds this. */
    | { readonly kind: 'rewrite'; readonly content: string; readonly mode: number }
    | { readonly kind: 'link'; readonly target: string };
}

/** What was done, for the report. */
export interface Sealed {
  readonly removed: readonly {
    readonly path: string;
    readonly what: string;
    readonly bytes: number;
    readonly end: Remnant['end']['kind'];
  }[];
}
