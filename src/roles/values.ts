/** Values of a role, filled in: each after those it refers to. */
import { parseTemplate } from './template.ts';

/** Renders one text of the values; undefined when that failed, which was then reported. */
export type RenderValue = (text: string, path: string) => { readonly value: unknown } | undefined;

export class Values {
  readonly names: readonly string[];
  readonly #raw: Readonly<Record<string, unknown>>;
  readonly #render: RenderValue;
  readonly #report: (path: string, message: string) => void;
  readonly #filled = new Map<string, { readonly value: unknown } | undefined>();
  readonly #inProgress: string[] = [];

  /** `raw`: the role's values as written. `report` is told of a circle. */
  constructor(
    raw: Readonly<Record<string, unknown>>,
    render: RenderValue,
    report: (path: string, message: string) => void,
  ) {
    this.names = Object.keys(raw);
    this.#raw = raw;
    this.#render = render;
    this.#report = report;
  }

  /** All values that can be filled in. */
  all(): Readonly<Record<string, unknown>> {
    return this.of(this.names) ?? this.#filledSoFar();
  }

  /** The values that `names` stand for, by name; undefined when one of them is not to be had, which was then reported. */
  of(names: readonly string[]): Readonly<Record<string, unknown>> | undefined {
    const filled = names.map((name) => [name, this.#fill(name)] as const);
    if (filled.some(([, value]) => value === undefined)) return undefined;
    return Object.fromEntries(filled.map(([name, value]) => [name, value?.value]));
  }

  #filledSoFar(): Record<string, unknown> {
    const there = [...this.#filled].filter(([, value]) => value !== undefined);
    return Object.fromEntries(there.map(([name, value]) => [name, value?.value]));
  }

  #fill(name: string): { readonly value: unknown } | undefined {
    if (this.#filled.has(name)) return this.#filled.get(name);
    if (!Object.hasOwn(this.#raw, name)) return undefined;
    if (this.#inProgress.includes(name)) {
      const circle = [...this.#inProgress.slice(this.#inProgress.indexOf(name)), name];
      this.#report(
        `values.${name}`,
        `values refer to each other in a circle: ${circle.join(' -> ')}`,
      );
      return undefined;
    }
    this.#inProgress.push(name);
    const filled = this.#within(this.#raw[name], `values.${name}`);
    this.#inProgress.pop();
    this.#filled.set(name, filled);
    return filled;
  }

  #within(raw: unknown, path: string): { readonly value: unknown } | undefined {
    if (typeof raw === 'string') return this.#render(raw, path);
    if (typeof raw !== 'object' || raw === null) return { value: raw };
    const parts = Object.entries(raw).map(
      ([key, part]) => [key, this.#within(part, `${path}.${key}`)] as const,
    );
    if (parts.some(([, part]) => part === undefined)) return undefined;
    if (Array.isArray(raw)) return { value: parts.map(([, part]) => part?.value) };
    return { value: Object.fromEntries(parts.map(([key, part]) => [key, part?.value])) };
  }
}

/** Names of the values that a text refers to. */
export function valuesIn(text: string): string[] {
  const references = parseTemplate(text).references.filter(({ root }) => root === 'values');
  return [...new Set(references.flatMap(({ path }) => path.slice(0, 1)))];
}
