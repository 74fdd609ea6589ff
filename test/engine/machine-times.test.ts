import { describe, expect, it } from 'vitest';
import { machineTimes } from '../../src/engine/machine-times.ts';
import { renderTimeline } from '../../src/engine/render-timeline.ts';
import { criticalPath, timelineFrom } from '../../src/engine/timeline.ts';
import { goodBoot } from './events-of-a-boot.ts';

const unit = (id: string, exit: number, enter: number, exec = 0) =>
  `Id=${id}\nInactiveExitTimestampMonotonic=${exit}\nActiveEnterTimestampMonotonic=${enter}\nExecMainStartTimestampMonotonic=${exec}\n`;
const manager = (finished = 0) =>
  `KernelTimestamp=Mon 2026-11-23 22:04:03 UTC\nInitRDTimestampMonotonic=600000\nUserspaceTimestampMonotonic=1500000\nFinishTimestampMonotonic=${finished}\n`;
const units = [
  unit('bootstrap-agent.service', 2_000_000, 0, 2_010_000),
  unit('shop.service', 2_760_000, 2_850_000),
  unit('cron.service', 1_800_000, 1_900_000),
  unit('absent.service', 0, 0),
].join('\n');

describe('what systemd tells of a boot', () => {
  it('is read from its properties; what never happened is absent', () => {
    expect(machineTimes(2060, manager(), units)).toEqual({
      agentMs: 2060,
      executedMs: 2010,
      initrdMs: 600,
      userspaceMs: 1500,
      units: [
        { unit: 'shop.service', startedMs: 2760, activeMs: 2850 },
        { unit: 'cron.service', startedMs: 1800, activeMs: 1900 },
      ],
    });
    expect(machineTimes(5, '', '')).toEqual({ agentMs: 5, units: [] });
  });

  it('knows of no kernel in a container, whose clock began with that of the host', () => {
    const contained = manager().replace(/^KernelTimestamp=.*$/m, 'KernelTimestamp=');
    const { bars } = timelineFrom(goodBoot, machineTimes(2060, contained, units));
    expect(bars.map(({ name }) => name).slice(0, 2)).toEqual(['agent starts', 'metadata']);
  });

  it('stands before the agent on the axis, on the critical path; units where the agent started them', () => {
    const timeline = timelineFrom(goodBoot, machineTimes(2060, manager(), units));
    expect(timeline.fromMs).toBe(-2060);
    expect(
      timeline.bars.slice(0, 4).map(({ name, startMs, endMs }) => [name, startMs, endMs]),
    ).toEqual([
      ['kernel', -2060, -1460],
      ['initrd', -1460, -560],
      ['systemd', -560, -50],
      ['agent starts', -50, 0],
    ]);
    expect(criticalPath(timeline).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['kernel', 'initrd', 'systemd', 'agent starts', 'metadata']),
    );
    expect(timeline.bars.filter(({ part }) => part === 'unit')).toMatchObject([
      { name: 'shop.service', startMs: 700, endMs: 790, critical: false },
    ]);
    for (const width of [44, 100]) {
      const drawing = renderTimeline(timeline, { colour: false, width }).split('\n');
      for (const line of drawing.filter((one) => one.includes('┊')))
        expect(line.length).toBeLessThanOrEqual(width);
    }
  });

  it('leaves kernel and systemd out of a run that somebody started later', () => {
    const later = machineTimes(
      90_060,
      manager(4_000_000),
      unit('bootstrap-agent.service', 9e7, 0, 9.001e7),
    );
    expect(
      timelineFrom(goodBoot, later)
        .bars.map(({ name }) => name)
        .slice(0, 2),
    ).toEqual(['agent starts', 'metadata']);
    const byHand = machineTimes(
      90_060,
      manager(4_000_000),
      unit('bootstrap-agent.service', 2e6, 0, 9.1e7),
    );
    expect(timelineFrom(goodBoot, byHand).bars[0]?.name).toBe('metadata');
  });
});
