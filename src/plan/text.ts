/** Texts of a plan, which may hold references to secrets: which ones, and how they look when printed. */
import type { SecretReference, Text } from '../resources/step.ts';

/** The references in a text, in order. */
export function secretsIn(text: Text): SecretReference[] {
  return text.filter((piece) => typeof piece !== 'string');
}

/** The text as it may be shown: a secret as «secret db.password». */
export function shown(text: Text): string {
  return text
    .map((piece) =>
      typeof piece === 'string'
        ? piece
        : `«secret ${piece.secret}${piece.field === undefined ? '' : `.${piece.field}`}»`,
    )
    .join('');
}
