/** Bakeable: of the steps that nodes of some classes will take, those that an image can have behind it, and what is left to the boot. Pure. */
import type { Step, StepKind } from '../resources/step.ts';
import { type Agreed, find, type Left, type SampledClass } from './agreed.ts';
import { agreedKernelModules, agreedSysctl } from './agreed-kernel.ts';
import { agreedMasks, agreedPackages, heldBackServices } from './agreed-system.ts';

/** What never goes into an image, whatever it is. */
const never: Partial<Readonly<Record<StepKind, string>>> = {
  command: 'what a command touches is not known: it runs on the node',
  hostname: 'each instance has a name of its own',
  secret: 'a secret does not go into an image',
};

/**
 * The steps in an order in which each comes after what it needs, and what is left to the boot. `withoutArtifacts`: why none can
 * be fetched here; undefined where they can.
 */
export function bakeable(
  classes: readonly SampledClass[],
  withoutArtifacts: string | undefined,
): Agreed {
  const packages = agreedPackages(classes);
  const decided = [
    agreedKernelModules(classes),
    agreedSysctl(classes),
    agreedMasks(classes),
    packages,
    agreedPlaces(classes, packages),
    artifacts(classes, withoutArtifacts),
    heldBackServices(classes),
  ];
  const left = [...decided.flatMap((each) => each.left), ...neverBaked(classes)];
  return { steps: inOrder(decided.flatMap(({ steps }) => steps)), left };
}

const places: ReadonlySet<StepKind> = new Set(['user', 'directory', 'file']);

/**
 * Users, directories and files that every class has, and has alike: those of one class would be on the nodes of others.
 * Not so the sources and keys of packages, without which the packages of that class cannot be installed.
 */
function agreedPlaces(classes: readonly SampledClass[], packages: Agreed): Agreed {
  const forPackages = new Set(packages.steps.flatMap(({ needs }) => needs));
  const taken = new Set(packages.left.length === 0 ? ['packages'] : []);
  const all = new Map<string, Step>();
  for (const step of classes.flatMap(({ samples }) => samples[0]))
    if (places.has(step.kind) && !all.has(step.id)) all.set(step.id, step);
  const steps: Step[] = [];
  const left: Left[] = [];
  for (const step of all.values()) {
    const because = whyNot(step, classes, taken, forPackages.has(step.id));
    if (because !== undefined) left.push({ what: step.id, because });
    else {
      taken.add(step.id);
      steps.push(step);
    }
  }
  return { steps, left };
}

function whyNot(
  step: Step,
  classes: readonly SampledClass[],
  taken: ReadonlySet<string>,
  forPackages: boolean,
): string | undefined {
  const having = classes.filter(({ samples }) => samples.some((steps) => find(steps, step.id)));
  const lacking = classes.filter((each) => !having.includes(each)).map((each) => each.class);
  if (lacking.length > 0 && !forPackages) return `nodes of ${lacking.join(', ')} do not have it`;
  if ('path' in step && isInMemory(step.path)) return 'it lies in memory';
  const everywhere = having.flatMap(({ samples }) => samples.map((steps) => find(steps, step.id)));
  if (new Set(everywhere.map(essence)).size > 1) return 'it is not the same on all nodes';
  const missing = step.needs.filter((need) => !taken.has(need));
  return missing.length === 0 ? undefined : `it needs ${missing.join(', ')}`;
}

/** An artifact lies under its digest, in the cache and laid out: of several classes none is in the way of another. */
function artifacts(classes: readonly SampledClass[], withoutArtifacts: string | undefined): Agreed {
  const steps = new Map<string, Step>();
  const left: Left[] = [];
  for (const { class: name, samples } of classes)
    for (const step of samples[0]) {
      if (step.kind !== 'artifact') continue;
      const what = `${step.id} of ${name}`;
      const other = find(samples[1], step.id);
      if (withoutArtifacts !== undefined) left.push({ what, because: withoutArtifacts });
      else if (other?.kind !== 'artifact' || other.sha256 !== step.sha256)
        left.push({ what, because: 'it depends on the instance' });
      else if (!steps.has(step.sha256)) steps.set(step.sha256, { ...step, id: what });
    }
  return { steps: [...steps.values()], left };
}

function neverBaked(classes: readonly SampledClass[]): Left[] {
  const steps = classes.flatMap(({ samples }) => samples[0]);
  const found = new Map(steps.map(({ id, kind }) => [id, never[kind]]));
  return [...found].flatMap(([what, because]) =>
    because === undefined ? [] : [{ what, because }],
  );
}

/** What a step comes to, without how it was planned. */
function essence(step: Step | undefined): string {
  return JSON.stringify({ ...step, needs: [], restartOn: [], from: '' });
}

function isInMemory(path: string): boolean {
  return ['/run/', '/tmp/', '/dev/', '/proc/', '/sys/'].some((folder) => path.startsWith(folder));
}

/** The steps, each after what it needs of the others; what it needs beside them is not for an image. */
function inOrder(steps: readonly Step[]): Step[] {
  const ids = new Set(steps.map(({ id }) => id));
  const ordered = new Map<string, Step>();
  const place = (step: Step) => {
    if (ordered.has(step.id)) return;
    const needs = step.needs.filter((need) => ids.has(need));
    for (const other of steps) if (needs.includes(other.id)) place(other);
    ordered.set(step.id, { ...step, needs });
  };
  for (const step of steps) place(step);
  return [...ordered.values()];
}
