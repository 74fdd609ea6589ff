/** The document of the user data tests, and what becomes of it. */
import { expect } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { parseUserData } from '../../../src/identity/user-data/user-data.ts';
import { ourType } from './messages.ts';

export const document =
  '#bootstrap-agent\nclass: tomcat\nrelease: "1.10"\nrole:\n  sysctl:\n    vm.swappiness: 10\n';
export const fields = {
  class: 'tomcat',
  release: '1.10',
  role: { sysctl: { 'vm.swappiness': 10 } },
};
export const parse = (text: string | Buffer) => parseUserData(Buffer.from(text as string));
export const faultOf = async (text: string | Buffer) => {
  const error = await parse(text).then(
    (value) => value,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  const { message, faults } = error as ConfigError;
  return [message, ...faults].join('\n');
};
export const script = {
  type: 'text/x-shellscript',
  content: Buffer.from('#!/bin/sh\necho hello\n'),
};
export const ours = (content: string | Buffer = document) => ({
  type: ourType,
  content: Buffer.from(content as string),
});
