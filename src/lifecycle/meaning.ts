/** The meanings of "No active Lifecycle Action found": one answer of Auto Scaling that stands for at least four situations. */

export type Result = 'CONTINUE' | 'ABANDON';
export type Completion = 'completed' | 'already-completed' | 'not-sent';

export interface Circumstances {
  readonly hook: string;
  readonly result: Result;
  /** What the journal says that an earlier run sent in this stay in the group. */
  readonly earlier?: { readonly result: Result };
  /** An attempt of this run ended without an answer, so it may have been carried out. */
  readonly lost: boolean;
  /** From DescribeAutoScalingInstances; undefined: Auto Scaling does not know the instance. */
  readonly state:
    | { readonly readable: true; readonly lifecycle?: string }
    | { readonly readable: false };
}

export type Meaning =
  | { readonly outcome: Completion; readonly because: string }
  /** The hook may open any moment: ask again. */
  | { readonly outcome: 'not-yet'; readonly because: string };

/**
 * Decides by the journal and by the state of the instance, never by the error's text, which is the same for all. States
 * that are not known here (the enumeration grows) give `not-sent` with the state's name.
 */
export function meaningOf({ hook, result, earlier, lost, state }: Circumstances): Meaning {
  if (earlier !== undefined)
    return said(
      earlier.result === result ? 'already-completed' : 'not-sent',
      sentEarlier(earlier.result),
    );
  if (!state.readable)
    return lost
      ? said('completed', 'the answer was lost, and no action is open any more')
      : said(
          'not-sent',
          `no action is open for hook ${hook}, and the state of the instance cannot be read`,
        );
  const { lifecycle } = state;
  const phase = phaseOf(lifecycle);
  if (lost && isEffectOf(result, phase))
    return said('completed', `the answer was lost, but the instance is ${lifecycle ?? 'gone'}`);
  switch (phase) {
    case 'launching':
    case 'waiting':
      return {
        outcome: 'not-yet',
        because: `no action is open for hook ${hook} although the instance is ${lifecycle}: another hook is waited for, or this one was created after the launch`,
      };
    case 'proceeding':
      return said(
        'already-completed',
        `the instance is ${lifecycle}: somebody else completed hook ${hook}, or it timed out with the default CONTINUE`,
      );
    case 'in service':
      return said(
        'not-sent',
        `the instance is ${lifecycle} already, as after a reboot; in its first boot: hook ${hook} was created after this launch, or somebody else completed it`,
      );
    case 'leaving':
      return said(
        'not-sent',
        `the instance is ${lifecycle ?? 'not known to Auto Scaling any more'}: hook ${hook} timed out, or somebody else sent ABANDON`,
      );
    case 'other':
      return said('not-sent', `no action is open for hook ${hook}; the instance is ${lifecycle}`);
  }
}

export function sentEarlier(result: Result): string {
  return `an earlier run of the agent sent ${result}`;
}

type Phase = 'launching' | 'waiting' | 'proceeding' | 'in service' | 'leaving' | 'other';

/** The same phases on the way into a warm pool, where each state has the prefix `Warmed:`. */
function phaseOf(lifecycle: string | undefined): Phase {
  if (lifecycle === undefined) return 'leaving';
  const state = lifecycle.replace(/^Warmed:/, '');
  // A root volume that was replaced is launched anew, and its agent may be there before the group.
  if (/^(Pending|ReplacingRootVolume(:\w+)?|RootVolumeReplaced)$/.test(state)) return 'launching';
  if (state === 'Pending:Wait') return 'waiting';
  if (state === 'Pending:Proceed') return 'proceeding';
  if (/^(InService|Running|Stopped|Hibernated)$/.test(state)) return 'in service';
  return /^Terminat/.test(state) ? 'leaving' : 'other';
}

/** Whether the instance is where the result would have brought it; `waiting`: for another hook of the group. */
function isEffectOf(result: Result, phase: Phase): boolean {
  if (result === 'ABANDON') return phase === 'leaving';
  return phase === 'waiting' || phase === 'proceeding' || phase === 'in service';
}

function said(outcome: Completion, because: string): Meaning {
  return { outcome, because };
}
