/** Packages, masks and services of the classes of an image: what all of them together want of it. */
import type { MaskStep, PackageSpec, PackageStep, ServiceStep } from '../resources/step.ts';
import { type Agreed, find, type Left, type SampledClass } from './agreed.ts';

/** The packages of all classes, in one step; those on which they disagree are left. */
export function agreedPackages(classes: readonly SampledClass[]): Agreed {
  const wishes = new Map<string, { spec: PackageSpec; by: string; wanted: string }[]>();
  const needs = new Set<string>();
  for (const { class: name, samples } of classes)
    for (const steps of samples)
      for (const step of steps) {
        if (step.kind !== 'package') continue;
        for (const need of step.needs) needs.add(need);
        for (const spec of step.packages) {
          const key = `${spec.apt ?? ''} ${spec.dnf ?? ''}`;
          const wish = { spec, by: name, wanted: spec.wanted };
          wishes.set(key, [...(wishes.get(key) ?? []), wish]);
        }
      }
  const packages: PackageSpec[] = [];
  const left: Left[] = [];
  for (const all of wishes.values()) {
    const why = whyLeft(all, classes);
    const spec = all[0]?.spec;
    if (spec === undefined) continue;
    if (why === undefined) packages.push(spec);
    else left.push({ what: `package ${spec.apt ?? spec.dnf}`, because: why });
  }
  if (packages.length === 0) return { steps: [], left };
  const step: PackageStep = {
    kind: 'package',
    id: 'packages',
    // So that dpkg does not wait for, or run into, what is masked.
    needs: ['masks', ...needs],
    from: 'packages',
    packages,
  };
  return { steps: [step], left };
}

/** `all`: what the samples say of one package. A package that only some nodes have is in nobody's way; its absence would be. */
function whyLeft(
  all: readonly { by: string; wanted: string }[],
  classes: readonly SampledClass[],
): string | undefined {
  const wanted = new Set(all.map((one) => one.wanted));
  if (wanted.size > 1) {
    const said = new Set(all.map((one) => `${one.by} wants ${one.wanted}`));
    return `nodes differ: ${[...said].join(', ')}`;
  }
  const count = new Map<string, number>();
  for (const { by } of all) count.set(by, (count.get(by) ?? 0) + 1);
  if ([...count.values()].some((times) => times < 2)) return 'it depends on the instance';
  if (wanted.has('absent') && count.size < classes.length)
    return `only nodes of ${[...count.keys()].join(', ')} want it absent`;
  return undefined;
}

/** All masks, but of units that another class runs as a service. */
export function agreedMasks(classes: readonly SampledClass[]): Agreed {
  const services = new Set(allServices(classes).map(({ unit }) => unit));
  const left: Left[] = [];
  const units = new Set<string>();
  for (const { class: name, samples } of classes) {
    const [one, other] = samples.map((steps) => find(steps, 'masks'));
    if (one?.kind !== 'mask') continue;
    for (const unit of one.units) {
      const what = `mask ${unit}`;
      if (services.has(unit))
        left.push({ what, because: `not all nodes want it, as ${name} does` });
      else if (other?.kind !== 'mask' || !other.units.includes(unit))
        left.push({ what, because: 'it depends on the instance' });
      else units.add(unit);
    }
  }
  if (units.size === 0) return { steps: [], left };
  const step: MaskStep = {
    kind: 'mask',
    id: 'masks',
    needs: [],
    from: 'mask',
    units: [...units].sort(),
  };
  return { steps: [step], left };
}

/** Services of the classes, each once; one that any class enables counts as enabled. */
export function heldBackServices(classes: readonly SampledClass[]): Agreed {
  const services = new Map<string, ServiceStep>();
  for (const step of allServices(classes)) {
    const before = services.get(step.id);
    const enable = step.enable || before?.enable === true;
    services.set(step.id, { ...step, enable, needs: ['packages'] });
  }
  return { steps: [...services.values()], left: [] };
}

function allServices(classes: readonly SampledClass[]): ServiceStep[] {
  return classes.flatMap(({ samples }) =>
    samples.flat().flatMap((step) => (step.kind === 'service' ? [step] : [])),
  );
}
