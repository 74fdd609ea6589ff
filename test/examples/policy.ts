/** IAM as far as the examples use it: whether statements that allow, with wildcards, cover an action on a resource. */

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

export function allowing(
  statements: readonly Statement[],
  action: string,
  resource: string,
): Statement | undefined {
  return statements.find(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' &&
      listed(Action).some((pattern) => matches(pattern, action)) &&
      listed(Resource).some((pattern) => matches(pattern, resource)),
  );
}

export function listed<T>(one: T | readonly T[]): readonly T[] {
  return Array.isArray(one) ? one : [one as T];
}

/** `*` stands for any characters, slashes included ("IAM JSON policy elements: Resource"). */
function matches(pattern: string, text: string): boolean {
  const words = pattern.split('*').map((word) => word.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${words.join('.*')}$`).test(text);
}
