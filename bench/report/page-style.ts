// The style sheet of the page, readable in light and dark, on wide and narrow screens.

export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #f7f6f3; --card: #fff; --ink: #1d2126; --soft: #5b636d; --line: #dddad3; --track: #efede8;

  --ours: #b3261e; --ours-deflate: #d9847e; --stock: #66707c; --stock-deflate: #a3abb4; --floor: #2f7d6d;
  --good: #1b6e3c; --bad: #a3380a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1d2125; --ink: #e9e7e2; --soft: #a2a9b1; --line: #343a40; --track: #292e33;

    --ours: #ef6b62; --ours-deflate: #a9534d; --stock: #98a2ad; --stock-deflate: #626b75; --floor: #58b5a2;
    --good: #6cc48e; --bad: #f0925c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "Noto Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 20px; margin: 0; }
h3 { font-size: 14px; font-weight: 600; margin: 20px 0 8px; }
p { margin: 4px 0; color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 20px; margin-top: 20px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); column-gap: 32px; }
.row { display: grid; grid-template-columns: 108px 1fr 76px; gap: 8px; align-items: center; font-size: 13px; margin: 5px 0; }
.row b { font-weight: 500; }
.row .number { text-align: right; font-variant-numeric: tabular-nums; }
.track { position: relative; height: 16px; background: var(--track); border-radius: 3px; }
.bar { position: absolute; inset: 0 auto 0 0; min-width: 2px; border-radius: 3px; }
.spread { position: absolute; top: 7px; height: 2px; background: var(--ink); opacity: .65; }
.maiwei { background: var(--ours); } .maiwei-deflate { background: var(--ours-deflate); }
.stock { background: var(--stock); } .stock-deflate { background: var(--stock-deflate); } .floor { background: var(--floor); }
.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.reached { color: var(--good); font-weight: 600; } .missed { color: var(--bad); font-weight: 600; }
.warning { color: var(--bad); font-size: 13px; }
.note { font-size: 13px; }
.targets td:last-child { white-space: nowrap; }
summary { cursor: pointer; color: var(--soft); font-size: 14px; margin-top: 16px; }
@media (max-width: 520px) {
  main { padding: 20px 12px 40px; }
  section { padding: 14px; }
  .row { grid-template-columns: 96px 1fr 64px; font-size: 12px; }
  .targets th, .targets td:not(:last-child) { white-space: normal; padding: 5px 6px; }
}
`;
