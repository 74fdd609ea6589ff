/** The template engine: liquidjs without files, clock or chance, where anything undefined is an error. */
import { filters, Liquid } from 'liquidjs';
import { filtersLeftOut, tagsLeftOut } from './vocabulary.ts';

/** Bounds against a template that never ends: far beyond any configuration file. */
const limits = {
  /** Characters of one template. */
  parseLimit: 1_000_000,
  /** Milliseconds of one rendering. */
  renderLimit: 10_000,
  /** Elements and characters that filters and ranges may create in one rendering. */
  memoryLimit: 10_000_000,
};

let made: Liquid | undefined;

/** The one engine of the process: it holds no state between renderings. */
export function engine(): Liquid {
  made ??= makeEngine();
  return made;
}

function makeEngine(): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    // `tags.Stage | default: "test"` and `if tags.Stage` may name a tag that is not there.
    lenientIf: true,
    // Else the library asks ICU for the locale when it starts: 7 to 13 ms for filters that are left out here.
    locale: 'en-US',
    // No lookup of other templates, should a tag ask for one: there are none.
    templates: {},
    ...limits,
  });
  for (const name of filtersLeftOut) delete liquid.filters[name];
  for (const name of tagsLeftOut) delete liquid.tags[name];
  for (const name of arithmetic)
    liquid.registerFilter(name, onNumbers(name, filters[name] as NumberFilter));
  liquid.registerFilter('percent', onNumbers('percent', percent));
  return liquid;
}

const arithmetic = [
  'abs',
  'at_least',
  'at_most',
  'ceil',
  'divided_by',
  'floor',
  'minus',
  'modulo',
  'plus',
  'round',
  'times',
] as const;

type NumberFilter = (value: number, operand: number) => unknown;

/** Liquid takes a text that is no number for 0; a heap of 0 MiB should rather not get as far as a file. */
function onNumbers(name: string, filter: NumberFilter) {
  return (...operands: unknown[]): unknown => {
    const wrong = operands.find((operand) => !isNumber(operand));
    if (wrong !== undefined) {
      throw new Error(`${name} works on numbers, found ${JSON.stringify(wrong)}`);
    }
    return filter(...(operands.map(Number) as [number, number]));
  };
}

function isNumber(operand: unknown): boolean {
  if (typeof operand === 'number') return Number.isFinite(operand);
  return typeof operand === 'string' && operand.trim() !== '' && Number.isFinite(Number(operand));
}

/** `facts.memory_mib | percent: 60`: that share, rounded down to a whole number. */
function percent(whole: number, share: number): number {
  return Math.floor((whole * share) / 100);
}
