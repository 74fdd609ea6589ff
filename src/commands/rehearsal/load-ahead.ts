/** Loads what a boot loads as it goes, since loading takes this computer's time, of which the event clock knows nothing. */
import { connectAws } from '../../aws/connect.ts';
import { systemClock } from '../../clock.ts';

export async function loadAhead(): Promise<void> {
  const aws = connectAws({
    region: 'us-east-1',
    env: {},
    credentials: () => Promise.reject(new Error('nothing is called')),
    clock: systemClock,
    tell: () => undefined,
  });
  await Promise.all([
    aws.prepare(['s3', 'secretsmanager', 'autoscaling', 'ec2', 'elbv2', 'elb']),
    import('../river.ts'),
    import('../begin-run.ts'),
    import('../make-it-so.ts'),
    import('../join-balancers.ts'),
    import('../../engine/journal.ts'),
    import('../see-in-service.ts'),
    import('yaml'),
    import('yauzl'),
  ]);
  aws.close();
}
