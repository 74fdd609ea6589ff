/** The looks of the page of a flight record: light and dark, wide and narrow, on screen and on paper. */
export const style = `
:root { color-scheme: light dark; --bg: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5d6b7e; --line: #dfe4ea;
  --good: #1a7f4b; --bad: #c22f3d; --mark: #b5700a; --bar: #9fb0c3; --hot: #3468d1; --tint: #fdf0f0; }
@media (prefers-color-scheme: dark) { :root { --bg: #12161c; --card: #1a2029; --ink: #e3e9f0; --soft: #94a3b5; --line: #2d3743;
  --good: #4cc38a; --bad: #ff7b85; --mark: #f0b252; --bar: #4a5a6c; --hot: #6d9cff; --tint: #2a1b20; } }
* { box-sizing: border-box; }
body { margin: 0; overflow-wrap: anywhere; background: var(--bg); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 0 0 12px; }
header p { color: var(--soft); margin: 0 0 20px; overflow-wrap: anywhere; }
.badge { display: inline-block; border-radius: 6px; padding: 1px 10px; color: var(--card); font-size: 15px; font-weight: 650; vertical-align: 3px; margin-right: 8px; background: var(--good); }
.badge.bad { background: var(--bad); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin: 0 0 16px; }
section.failure { background: var(--tint); border-color: var(--bad); }
code, pre, .mono { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 420px; overflow: auto; }
ol.chain { list-style: none; margin: 0; padding: 0; }
ol.chain > li { border-left: 3px solid var(--bad); padding: 0 0 10px 14px; white-space: pre-wrap; overflow-wrap: anywhere; }
ol.chain > li:not(:first-child) { border-color: var(--line); color: var(--soft); }
ol.chain b { color: var(--bad); font-weight: 600; }
.broke { display: flex; flex-wrap: wrap; gap: 6px; margin: 6px 0 0; padding: 0; list-style: none; }
.broke li { border: 1px solid var(--line); border-radius: 6px; padding: 2px 8px; background: var(--card); overflow-wrap: anywhere; }
.broke small, .soft { color: var(--soft); }
.chart .legend { color: var(--soft); font-size: 13px; margin: -10px 0 12px; }
.bar { position: relative; display: grid; grid-template-columns: minmax(120px, 30%) 84px 1fr; gap: 10px; align-items: center; padding: 2px 6px; border-radius: 6px; outline-offset: -2px; }
.bar:hover, .bar:focus { background: color-mix(in srgb, var(--hot) 12%, transparent); }
.bar .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bar.critical .name { font-weight: 650; }
.bar.critical .name::before { content: "\\2605\\00a0"; color: var(--mark); }
.bar .took { text-align: right; color: var(--soft); font-variant-numeric: tabular-nums; }
.track { position: relative; height: 14px; background: color-mix(in srgb, var(--line) 55%, transparent); border-radius: 4px; }
.track i { position: absolute; top: 0; bottom: 0; min-width: 3px; border-radius: 4px; background: var(--bar); }
.critical .track i { background: var(--hot); }
.of-download .name, .of-unit .name { padding-left: 14px; }
.of-download .track i, .of-unit .track i { height: 6px; top: 4px; }
.bad .track i { background: var(--bad); }
.story { display: none; position: absolute; z-index: 2; left: 24px; top: 100%; width: min(640px, calc(100% - 30px)); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; box-shadow: 0 8px 28px #0004; white-space: pre-wrap; overflow-wrap: anywhere; pointer-events: none; }
.bar:hover .story, .bar:focus .story { display: block; }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: 12px; margin: 0 6px 4px calc(max(120px, 30%) + 104px); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 10px 20px; margin: 0; }
dt { color: var(--soft); font-size: 12px; } dd { margin: 0; overflow-wrap: anywhere; }
.tools { display: flex; flex-wrap: wrap; gap: 10px; margin: 0 0 10px; }
input, select { font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line); border-radius: 6px; padding: 5px 10px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: 12px; color: var(--soft); font-weight: 500; }
th, td { padding: 5px 10px 5px 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
thead th { border: 0; }
td.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td .error { display: block; color: var(--bad); white-space: pre-wrap; }
summary { cursor: pointer; font-weight: 600; margin: 0 0 8px; }
.o-failed, .bad-word { color: var(--bad); } .o-changed { color: var(--good); } .o-skipped, .o-unchanged { color: var(--soft); }
@media (max-width: 640px) {
  main { padding: 16px 10px 40px; } section { padding: 14px 12px; }
  .bar { grid-template-columns: minmax(0, 1fr) 70px; } .bar .track { grid-column: 1 / -1; } .axis { margin-left: 6px; }
  .story { left: 6px; width: calc(100% - 12px); }
}
@media print { section { break-inside: avoid; } .tools { display: none; } pre { max-height: none; } }
`;
