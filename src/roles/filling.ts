/** Filling: the templates of one role rendered for one instance, every fault placed where its text was written. */

import { dirname } from 'node:path';
import { didYouMean } from '../did-you-mean.ts';
import type { Facts } from '../identity/identity.ts';
import type { Peer } from '../peers/peer.ts';
import type { Text } from '../resources/step.ts';
import { checkReferences, type Known } from './check-references.ts';
import { type Fault, faultAt, placeWithin } from './fault.ts';
import type { Place, Role } from './role.ts';
import { parseTemplate, type Rendered, TemplateError, type TextFault } from './template.ts';
import { Values, valuesIn } from './values.ts';

/** What one instance brings to its role. */
export interface Subject {
  readonly facts: Facts;
  readonly tags: Readonly<Record<string, string>>;
  readonly release?: { readonly name: string };
  /** Known where the role asks for them. */
  readonly peers?: readonly Peer[];
}

const noSecretsHere =
  'a secret must not stand here: only in the content of a file, in unit and drop_in of a service, and in env of a command';
const noSecretsInValues =
  'a secret must not stand in values, where filters could change it: name it in the file itself';

export class Filling {
  readonly faults: Fault[] = [];
  /** Keys whose text could not be filled in: what they hold now means nothing. */
  readonly failed = new Set<string>();
  readonly values: Values;
  readonly #role: Role;
  readonly #subject: Subject;
  readonly #secrets: Known['secrets'];

  constructor(role: Role, subject: Subject) {
    this.#role = role;
    this.#subject = subject;
    this.#secrets = new Map(Object.entries(role.document.secrets ?? {}));
    this.values = new Values(
      role.document.values ?? {},
      (text, path) => {
        const rendered = this.#render(text, path, this.#inSource(path), noSecretsInValues);
        return rendered && { value: 'value' in rendered ? kept(rendered) : joined(rendered) };
      },
      (path, message) => this.report(path, message),
    );
  }

  /** A text in which no secret may stand. After a fault: empty. */
  text(text: string, path: string): string {
    const rendered = this.#render(text, path, this.#inSource(path), noSecretsHere);
    if (rendered !== undefined) return joined(rendered);
    this.failed.add(path);
    return '';
  }

  /** A text in which secrets may stand. */
  pieces(text: string, path: string): Text {
    return this.#render(text, path, this.#inSource(path))?.text ?? [];
  }

  /** A template file, in which secrets may stand; `path` is the key that names it. */
  file(name: string, path: string): Text {
    const text = this.#role.templates.get(name) ?? '';
    const source = `${dirname(this.place(path).source)}/${name}`;
    const inFile = ({ line, column }: TextFault): Place => ({ source, line, column });
    return this.#render(text, path, inFile)?.text ?? [];
  }

  /** Notes a fault of the key at `path`. */
  report(path: string, message: string): void {
    this.faults.push(faultAt(this.place(path), path, message));
  }

  /** Where the key at `path` was written, or the nearest that contains it or is in it. */
  place(path: string): Place {
    const { origins } = this.#role;
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const within = [...origins].find(([key]) => key === at || key.startsWith(`${at}.`));
      if (within !== undefined) return within[1].at;
    }
    return { source: this.#role.class };
  }

  #render(
    text: string,
    path: string,
    placed: (fault: TextFault) => Place,
    noSecrets?: string,
  ): Rendered | undefined {
    const template = parseTemplate(text);
    const known = {
      values: this.values.names,
      secrets: this.#secrets,
      release: this.#subject.release !== undefined,
      peers: this.#subject.peers !== undefined,
      ...(noSecrets !== undefined && { noSecrets }),
    };
    const wrong = [...template.faults, ...checkReferences(template.references, known)];
    for (const fault of wrong) this.faults.push(faultAt(placed(fault), path, fault.message));
    if (wrong.length > 0) return undefined;
    const values = this.values.of(valuesIn(text));
    if (values === undefined) return undefined;
    try {
      const { facts, tags, release, peers } = this.#subject;
      return template.render({ facts, tags, values, release, peers, class: this.#role.class });
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const message = this.#explained(error);
      this.faults.push(faultAt(placed(error.fault), path, message));
      return undefined;
    }
  }

  #explained({ message, undefinedName }: TemplateError): string {
    const tag = /^tags\.(.+)$/.exec(undefinedName ?? '')?.[1];
    if (tag === undefined) return message;
    const known = Object.keys(this.#subject.tags);
    const there = known.length === 0 ? 'no tags' : `the tags ${known.join(', ')}`;
    const hint = didYouMean(tag, known) || `; it has ${there}`;
    return `the instance has no tag "${tag}"${hint}. Where it may be absent, end with: | default: "..."`;
  }

  #inSource(path: string): (fault: TextFault) => Place {
    return (fault) => placeWithin(this.place(path), fault);
  }
}

function joined({ text }: Rendered): string {
  return text.map((piece) => (typeof piece === 'string' ? piece : '')).join('');
}

/** A value that is exactly one number or truth value stays one, so that templates can calculate and compare with it. */
function kept(rendered: Rendered): unknown {
  const { value } = rendered;
  return typeof value === 'number' || typeof value === 'boolean' ? value : joined(rendered);
}
