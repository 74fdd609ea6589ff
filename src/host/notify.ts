/** Telling systemd: sd_notify(3) by its program, since Node cannot write to a datagram socket. */
/**
 * Sends these variables (`READY=1`, `STATUS=...`) in the name of this process; resolves when they are sent. Never rejects:
 * what systemd is not told is no reason to end. Does nothing without a socket (NOTIFY_SOCKET).
 */
export function notifySystemd(
  socket: string | undefined,
  ...words: readonly string[]
): Promise<void> {
  if (!socket) return Promise.resolve();
  // An import would load more than is needed here, and this is said by a process that is to stay small.
  const { spawn } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) => {
    const child = spawn('systemd-notify', words, {
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: socket },
    });
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}
