/** Faults: what is wrong with a role as a plan, gathered so that a person sees all of it at once. */
import { ConfigError } from '../errors.ts';
import type { FilledRole } from '../roles/filled-role.ts';
import type { Place } from '../roles/role.ts';

export class Faults {
  readonly #role: FilledRole;
  readonly #found = new Set<string>();
  readonly #paths: string[] = [];

  constructor(role: FilledRole) {
    this.#role = role;
  }

  /** Notes a fault of the value at `path` of the role: `files./etc/app.conf.owner`. */
  add(path: string, message: string): void {
    const place = placeOf(this.#role.origins, path);
    this.#paths.push(path);
    this.#found.add(`${place === undefined ? '' : `${placeText(place)}: `}${path}: ${message}`);
  }

  /** True where the entry of a step has a fault itself: that the step is missing then is no news. */
  explain(stepId: string): boolean {
    const colon = stepId.indexOf(':');
    const kind = stepId.slice(0, colon);
    const section = kind === 'directory' ? 'directories' : `${kind}s`;
    const entry = `${section}.${stepId.slice(colon + 1)}`;
    return this.#paths.some((path) => path === entry || path.startsWith(`${entry}.`));
  }

  /** What `make` gives; a ConfigError it throws becomes a fault at `path`, and the result undefined. */
  attempt<T>(path: string, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.add(path, error.message);
      return undefined;
    }
  }

  /** Throws one ConfigError with all that was found, or nothing. */
  throwIfAny(): void {
    const faults = [...this.#found];
    const [first] = faults;
    if (first === undefined) return;
    if (faults.length === 1) throw new ConfigError(first);
    throw new ConfigError(`The role "${this.#role.class}" has ${faults.length} faults`, { faults });
  }
}

/** Where the value at `path` was written; for a whole entry, where the first of its values was. */
export function placeOf(origins: FilledRole['origins'], path: string): Place | undefined {
  const exact = origins.get(path);
  if (exact !== undefined) return exact.at;
  for (const [key, origin] of origins) if (key.startsWith(`${path}.`)) return origin.at;
  const parent = path.lastIndexOf('.');
  // `after.1` of a list: lists are kept whole, so their origin is that of the list.
  return parent > 0 && /^\d+$/.test(path.slice(parent + 1))
    ? placeOf(origins, path.slice(0, parent))
    : undefined;
}

/** `roles/tomcat.yaml:12:5, overrides[1] (instance_type m5.*)`. */
export function placeText(place: Place): string {
  const at = [place.source, place.line, place.column].filter((part) => part !== undefined);
  return at.join(':') + (place.within === undefined ? '' : `, ${place.within}`);
}
