/** Fault: one thing that a person must edit in a role file, and where. */
import { ConfigError } from '../errors.ts';
import type { Place } from './role.ts';

export interface Fault {
  /** The file, as a person can open it. */
  readonly source: string;
  /** 1-based; absent where the source has no lines. */
  readonly line?: number;
  readonly column?: number;
  /** The key, joined with dots: `files./etc/motd.owner`; empty for the document as a whole. */
  readonly path: string;
  readonly message: string;
  /** A warning does not make a role unusable. */
  readonly severity: 'fault' | 'warning';
}

/** A fault at `place`, of the key at `path`. */
export function faultAt(place: Place, path: string, message: string): Fault {
  return {
    source: place.source,
    ...(place.line !== undefined && { line: place.line }),
    ...(place.column !== undefined && { column: place.column }),
    path: place.within === undefined ? path : [place.within, path].filter(Boolean).join(' '),
    message,
    severity: 'fault',
  };
}

/** The place of a line and column within the text at `place`, where that can be told; else `place` itself. */
export function placeWithin(place: Place, inside: { line: number; column: number }): Place {
  if (place.text === undefined) return place;
  const { line, column } = place.text;
  return { ...place, line: line + inside.line - 1, column: column + inside.column - 1 };
}

/** The fault on one line: `roles/shop.yaml:12:5: files./etc/motd.owner: must be ...`. */
export function faultLine(fault: Fault): string {
  const where = [fault.source, fault.line, fault.column].filter((part) => part !== undefined);
  return [where.join(':'), fault.path, fault.message].filter(Boolean).join(': ');
}

/** Does nothing when there are no faults; throws `configErrorOf` them otherwise. */
export function throwFaults(faults: readonly Fault[]): void {
  if (faults.length > 0) throw configErrorOf(faults);
}

/** One ConfigError for all faults, each told once, in reading order. */
export function configErrorOf(faults: readonly Fault[]): ConfigError {
  const inOrder = inReadingOrder(faults);
  const lines = [...new Set(inOrder.map(faultLine))];
  if (lines.length === 1) return new ConfigError(lines.join());
  const sources = [...new Set(inOrder.map((fault) => fault.source))].join(', ');
  return new ConfigError(`${lines.length} faults in ${sources}`, { faults: lines });
}

/** The faults in the order in which a person reads the files. */
export function inReadingOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted(
    (a, b) =>
      a.source.localeCompare(b.source, 'en') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}
