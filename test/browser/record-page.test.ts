import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordPage, timelinePage } from '../../src/engine/record-page/page.ts';
import { failedRecord } from '../engine/records.ts';
import { Chromium } from './chromium.ts';

const folder = mkdtempSync(join(tmpdir(), 'record-page-'));
let browser: Chromium;
let seen = 0;

const since = () => browser.messages.slice(seen);
/** Requests other than for the page itself. */
const requests = () =>
  since()
    .filter(({ method }) => method === 'Network.requestWillBeSent')
    .map(({ params }) => (params.request as { url: string }).url)
    .filter((url) => !url.startsWith('file:///'));
const complaints = () =>
  since().filter(({ method }) =>
    /^(Log\.entryAdded|Runtime\.(exceptionThrown|consoleAPICalled)|Audits\.issueAdded|Page\.javascriptDialogOpening)$/.test(
      method,
    ),
  );

async function open(
  says?: string,
  width = 1200,
  scheme = 'light',
  page = recordPage,
): Promise<void> {
  const path = join(folder, 'page.html');
  writeFileSync(path, page(failedRecord(says)));
  const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: false };
  await browser.ask('Emulation.setDeviceMetricsOverride', metrics);
  const features = [{ name: 'prefers-color-scheme', value: scheme }];
  await browser.ask('Emulation.setEmulatedMedia', { features });
  await browser.open(pathToFileURL(path).href);
}

const storiesShown = () =>
  browser.evaluate<string[]>(
    "[...document.querySelectorAll('.story')].filter((one) => one.checkVisibility()).map((one) => one.textContent)",
  );

beforeAll(async () => {
  browser = await Chromium.start();
});
beforeEach(() => {
  seen = browser.messages.length;
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the page of a flight record in a browser', () => {
  it('is drawn without a complaint and without a request', async () => {
    await open();
    expect(await browser.evaluate('document.title')).toBe('ABANDON: i-0abc as tomcat');
    expect(await browser.evaluate("document.querySelector('.failure').innerText")).toContain(
      'artifact:shop: no such key',
    );
    expect(complaints()).toEqual([]);
    expect(requests()).toEqual([]);
  });

  it('marks the critical path, by more than a colour', async () => {
    await open();
    const marked = await browser.evaluate<string[]>(
      "[...document.querySelectorAll('.bar.critical .name')].map((one) => getComputedStyle(one, '::before').content + one.textContent)",
    );
    expect(marked).toContainEqual(expect.stringMatching(/★.*artifact:shop/));
    expect(marked.length).toBeLessThan(
      await browser.evaluate<number>("document.querySelectorAll('.bar').length"),
    );
  });

  it('tells the story of the bar that is pointed at, and of the one that has the focus', async () => {
    await open();
    expect(await storiesShown()).toEqual([]);
    const at = await browser.evaluate<{ x: number; y: number }>(
      "(() => { const bar = [...document.querySelectorAll('.bar')].find((one) => one.textContent.includes('artifact:shop')); bar.scrollIntoView({ block: 'center' }); const { x, y } = bar.getBoundingClientRect(); return { x: x + 40, y: y + 8 }; })()",
    );
    await browser.ask('Input.dispatchMouseEvent', { type: 'mouseMoved', ...at });
    expect(await storiesShown()).toEqual([
      expect.stringMatching(/^artifact:shop: failed\n.*on the critical path\n.*no such key/s),
    ]);
    await browser.ask('Input.dispatchMouseEvent', { type: 'mouseMoved', x: 1, y: 1 });
    expect(await storiesShown()).toEqual([]);
    await browser.evaluate("document.querySelector('.bar').focus()");
    expect(await storiesShown()).toHaveLength(1);
    const described = await browser.evaluate(
      "document.getElementById(document.activeElement.getAttribute('aria-describedby')).className",
    );
    expect(described).toBe('story');
  });

  it('filters its steps by words and by outcome', async () => {
    await open();
    const shown = () => browser.evaluate<string>("document.getElementById('shown').textContent");
    const type = (id: string, value: string) =>
      browser.evaluate(
        `(() => { const one = document.getElementById('${id}'); one.value = '${value}'; one.dispatchEvent(new Event('input')); })()`,
      );
    expect(await shown()).toBe('3 of 3');
    await type('filter', 'SERVICE:');
    expect(await shown()).toBe('1 of 3');
    await type('filter', '');
    await type('outcome', 'failed');
    expect(await shown()).toBe('1 of 3');
    const rows =
      "[...document.querySelectorAll('#steps tbody tr')].filter((row) => row.checkVisibility()).length";
    expect(await browser.evaluate(rows)).toBe(1);
  });

  it('is dark where the reader prefers it', async () => {
    const brightness = () =>
      browser.evaluate<number[]>(
        "[document.body, document.querySelector('h1')].map((one, n) => Math.max(...(n ? getComputedStyle(one).color : getComputedStyle(one).backgroundColor).match(/\\d+/g).slice(0, 3).map(Number)))",
      );
    await open();
    const [paper = 0, ink = 0] = await brightness();
    await open(undefined, 1200, 'dark');
    const [night = 0, chalk = 0] = await brightness();
    expect(paper - ink).toBeGreaterThan(150);
    expect(chalk - night).toBeGreaterThan(150);
  });

  it('fits a telephone, however long the words are', async () => {
    await open('x'.repeat(400), 360);
    const page = await browser.evaluate<number[]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
    expect(page[0]).toBeLessThanOrEqual(page[1] ?? 0);
  });

  it('runs no script but its own, whatever a tag, a unit or a journal says', async () => {
    for (const says of [
      '<script>alert(1)</script>',
      '"><img src=http://example.invalid/x onerror=alert(1)>',
      "' onmouseover='alert(1)' x='",
      '</pre></style></title><svg onload=alert(1)>',
    ])
      await open(says);
    expect(complaints()).toEqual([]);
    expect(requests()).toEqual([]);
    expect(await browser.evaluate("document.querySelectorAll('img, svg, script').length")).toBe(1);
  });
});

describe('the page of a timeline in a browser', () => {
  it('is drawn without a complaint or a request, with the critical path and what was waited for', async () => {
    await open(undefined, 1200, 'dark', timelinePage);
    const bars = (which: string) =>
      browser.evaluate<number>(`document.querySelectorAll('${which}').length`);
    expect(await bars('.bar')).toBeGreaterThan(await bars('.bar.critical'));
    expect(await bars('.bar.critical')).toBeGreaterThan(2);
    expect(await bars('#waits tbody tr')).toBeGreaterThan(0);
    expect(await bars('#steps')).toBe(0);
    expect(complaints()).toEqual([]);
    expect(requests()).toEqual([]);
  });

  it('tells the story of the bar that has the focus, until Escape', async () => {
    await open(undefined, 1200, 'light', timelinePage);
    await browser.evaluate("document.querySelector('.bar.of-metadata').focus()");
    expect(await storiesShown()).toEqual([expect.stringMatching(/waited .* for the network/)]);
    for (const type of ['keyDown', 'keyUp'])
      await browser.ask('Input.dispatchKeyEvent', { type, key: 'Escape' });
    expect(await storiesShown()).toEqual([]);
    expect(complaints()).toEqual([]);
  });

  it('fits a telephone', async () => {
    await open('x'.repeat(400), 360, 'light', timelinePage);
    const page = await browser.evaluate<number[]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
    expect(page[0]).toBeLessThanOrEqual(page[1] ?? 0);
  });
});
