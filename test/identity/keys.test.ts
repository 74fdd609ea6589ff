import { expect, it } from 'vitest';
import { absenceOf, keys } from '../../src/identity/keys.ts';

it.each([
  [keys.document, 'not yet', true],
  [keys.userData, 'never', true],
  [keys.tags, 'never', true],
  [keys.tag('aws:autoscaling:groupName'), 'never', true],
  [keys.credentials, 'not yet', false],
  [keys.credentialsOf('web-node'), 'not yet', false],
  [keys.targetLifecycleState, 'until', false],
  [keys.spotNotice, 'until', false],
  [keys.rebalance, 'until', false],
  [keys.publicIpv4, 'never', true],
  ['meta-data/somewhere/else', 'never', true],
])('%s: absence means "%s", remembered: %s', (key, means, remembered) => {
  expect(absenceOf(key)).toMatchObject({ means, remembered });
});
