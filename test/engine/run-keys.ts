/** Run keys for tests, with only what a test says. */
import type { RunKey } from '../../src/engine/run-key.ts';

export function keyOf(rest: Partial<RunKey> = {}): RunKey {
  return {
    instanceId: 'i-0abc',
    bootId: '4f1e-77',
    rootVolume: 'vol-0a',
    planDigest: 'd1',
    agentVersion: '1.0',
    instanceType: 'm5.large',
    class: 'tomcat',
    pendingTime: '2026-01-01T00:00:00Z',
    targetLifecycleState: 'InService',
    traits: {},
    parts: {},
    units: {},
    ...rest,
  };
}
