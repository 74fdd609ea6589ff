/** The versions under which the metadata service answers, as the EC2 user guide lists them ("Get the available versions of the instance metadata"). */

const dated = [
  ...['1.0', '2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10', '2007-12-15', '2008-02-01'],
  ...['2008-09-01', '2009-04-04', '2011-01-01', '2011-05-01', '2012-01-12', '2014-02-25'],
  ...['2014-11-05', '2015-10-20', '2016-04-19', '2016-06-30', '2016-09-02', '2018-03-28'],
  ...['2018-08-17', '2018-09-24', '2019-10-01', '2020-10-27', '2021-01-03', '2021-03-23'],
  '2021-07-15',
];

/** What is at the root of the service. */
export const versions: readonly string[] = [...dated, 'latest'];

/**
 * A path taken apart: version and decoded key below it. Undefined where it has no version that there is. All versions show
 * the same here; the real service leaves out what is younger than the version asked for.
 */
export function versionedKey(path: string): { version: string; key: string } | undefined {
  const [, version = '', rest = ''] = /^\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  if (!versions.includes(version)) return undefined;
  try {
    return { version, key: decodeURIComponent(rest) };
  } catch {
    return undefined;
  }
}
