import { describe, expect, it } from 'vitest';
import { readRecord } from '../../src/engine/read-record.ts';
import { recordPage } from '../../src/engine/record-page/page.ts';
import { renderRecord } from '../../src/engine/render-record.ts';
import { ConfigError } from '../../src/errors.ts';
import { failedRecord, healthyRecord } from './records.ts';

const asText = (record: object) => renderRecord(read(record), { colour: false, width: 100 });
const read = (record: object) => readRecord(JSON.stringify(record), 'a.json');

describe('a flight record as text', () => {
  it('says first why the boot failed, what caused that, and what it took with it', () => {
    const text = asText(failedRecord());
    expect(text).toMatch(/^ABANDON: i-0abc as tomcat\n.*exit code 1/);
    expect(text).toContain('why  StepError: artifact:shop: no such key\nby   Error: 403 Forbidden');
    expect(text).toContain('not done for it  service:shop, which lacked artifact:shop');
    expect(text).toContain('last lines of shop no such key.service\n  listening\n');
    expect(text).toMatch(/^Distribution +Debian 12$/m);
    expect(text).toContain('critical path');
  });

  it('of a healthy boot has no reason', () => {
    const text = asText(healthyRecord());
    expect(text).toMatch(/^CONTINUE: i-0abc/);
    expect(text).not.toContain('why ');
  });

  it('does not steer the terminal', () => {
    const text = asText(failedRecord('\u001b[2J\u009b31mred'));
    expect(text).toContain('[2J');
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u009b');
  });
});

describe('a flight record that was fetched', () => {
  it('of an agent before there were versions is read too', () => {
    const { version: _, consequences: __, journals: ___, ...old } = failedRecord();
    expect(read(old)).toMatchObject({ consequences: [], journals: [], exitCode: 1 });
    expect(recordPage(read(old))).toContain('no such key');
  });

  it('of a later version names the agent that wrote it', () => {
    const later = { ...failedRecord(), version: 7, agentVersion: '9.1.0' };
    expect(() => read(later)).toThrow(
      /a\.json is a flight record in version 7 .* agent 9\.1\.0; .* up to version 1/,
    );
  });

  it('with events that this agent does not know is shown without them', () => {
    const record = healthyRecord();
    const events = [...record.events, { type: 'from-tomorrow', at: 1, elapsed: 2 }];
    expect(recordPage(read({ ...record, events }))).toContain('from-tomorrow');
  });

  it.each([
    ['{"a":', 'it is not JSON'],
    ['null', 'the document'],
    ['{}', 'agentVersion'],
    [JSON.stringify({ ...healthyRecord(), steps: [{ id: 4 }] }), 'steps.0.id'],
  ])('%.20s is refused with what is wrong', (text, wrong) => {
    const reading = () => readRecord(text, 'a.json');
    expect(reading).toThrow(ConfigError);
    expect(reading).toThrow(`a.json is no flight record: ${wrong}`);
  });
});

describe('the page of a flight record', () => {
  it('lets nothing that others wrote become markup', () => {
    const page = recordPage(
      failedRecord(`"'><script>alert(1)</script><img src=x onerror=alert(1)>`),
    );
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toMatch(/aria-label="[^"]*"'>/);
  });

  it('names nothing outside itself', () => {
    const page = recordPage(failedRecord());
    expect(page).not.toMatch(/(?:src|href)=|url\(|@import|https?:\/\//);
    expect(page).toContain('default-src &#39;none&#39;');
  });
});
