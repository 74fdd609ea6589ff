/** A MemberTaker that keeps what it was given. */
import type { Member, MemberTaker } from '../../../../src/resources/artifact/archive/member.ts';

export class Taken implements MemberTaker {
  readonly members: Member[] = [];
  readonly contents: string[] = [];

  member(member: Member): void {
    this.members.push(member);
    this.contents.push('');
  }

  content(bytes: Uint8Array): void {
    this.contents[this.contents.length - 1] += Buffer.from(bytes).toString('latin1');
  }
}
