/** Prepared: the note that a node lies ready in a warm pool, for the watch, for systemd and for who looks. */

/** bootstrap-agent.target is not reached while it is there. */
export const preparedPath = '/run/bootstrap-agent/prepared.json';
