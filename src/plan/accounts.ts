/** Accounts: which steps bring the users and groups that a step names as owners. */
import type { PackageStep, Step, UserStep } from '../resources/step.ts';

export class Accounts {
  readonly #users: readonly UserStep[];
  readonly #packages: readonly string[];

  constructor(steps: readonly Step[]) {
    this.#users = steps.filter((step): step is UserStep => step.kind === 'user');
    this.#packages = steps
      .filter((step): step is PackageStep => step.kind === 'package')
      .map((step) => step.id);
  }

  /** Ids of the steps that must come before something can be given to this owner and group. */
  owning({ owner, group }: { readonly owner: string; readonly group: string }): string[] {
    return [...this.#user(owner), ...this.#group(group)];
  }

  /** Ids of the steps that bring the groups a user joins. */
  groupsOf(user: UserStep): string[] {
    const joined = [...(user.group === undefined ? [] : [user.group]), ...user.groups];
    return joined.filter((group) => group !== user.name).flatMap((group) => this.#own(group));
  }

  #user(name: string): readonly string[] {
    if (isRoot(name)) return [];
    const declared = this.#users.find((user) => user.name === name);
    return declared === undefined ? this.#packages : [declared.id];
  }

  /** A group is a declared user's own, or the primary group that a declared user names, or a package's. */
  #group(name: string): readonly string[] {
    const primary = this.#users.filter((user) => user.group === name).map((user) => user.id);
    return primary.length > 0 ? [...this.#own(name), ...primary] : this.#own(name);
  }

  #own(group: string): readonly string[] {
    if (isRoot(group)) return [];
    const declared = this.#users.find((user) => user.name === group && user.group === undefined);
    return declared === undefined ? this.#packages : [declared.id];
  }
}

/** There on every machine. */
function isRoot(name: string): boolean {
  return name === 'root' || name === '0';
}
