/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The style sheets. Colours of text stand out from what is behind them by 4.5 to 1 at least (WCAG 2, AA). The graph's are plain
 * rules instead of variables: more programs than browsers read SVG. Paper is light whatever the screen is.
 */
#include "lib/picture/style.h"

static const char graph_shapes[] =
	".graph text{font:12px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}\n"
	".graph .title{font-size:15px;font-weight:600}\n"
	".graph .type,.graph .detail{font-size:11px}\n"
	".graph .tag{font-size:10px;font-weight:600}\n"
	".graph .label{font-size:11px;paint-order:stroke;stroke-width:4px;stroke-linejoin:round}\n"
	".graph .shape{stroke-width:1.2}\n"
	".graph .victim .shape{stroke-dasharray:5 3}\n"
	".graph .loop .shape{stroke-width:2}\n"
	".graph .cause .shape{stroke-width:3.2}\n"
	".graph .arrow{fill:none;stroke-width:1.3}\n"
	".graph .arrow.loop{stroke-width:2.6}\n"
	".graph .unsure{stroke-dasharray:6 4}\n";

static const char graph_light[] =
	".graph .back{fill:#fff}.graph text{fill:#1f2328}.graph .type,.graph .detail,.graph .subtitle{fill:#57606a}\n"
	".graph .shape{fill:#f6f8fa;stroke:#818b98}.graph .loop .shape{fill:#fff5f4;stroke:#cf222e}\n"
	".graph .cause .shape{fill:#ffebe9;stroke:#a40e26}\n"
	".graph .tag-back{fill:#57606a}.graph .loop .tag-back{fill:#cf222e}.graph .cause .tag-back{fill:#a40e26}\n"
	".graph .tag{fill:#fff}.graph .label{stroke:#fff;fill:#424a53}.graph .label.loop{fill:#a40e26}\n"
	".graph .arrow{stroke:#6e7781}.graph .head{fill:#6e7781}.graph .arrow.loop{stroke:#cf222e}.graph .head.loop{fill:#cf222e}\n";

static const char graph_dark[] =
	".graph .back{fill:#0d1117}.graph text{fill:#e6edf3}.graph .type,.graph .detail,.graph .subtitle{fill:#9ba5b0}\n"
	".graph .shape{fill:#161b22;stroke:#6e7681}.graph .loop .shape{fill:#25171c;stroke:#f85149}\n"
	".graph .cause .shape{fill:#3d1519;stroke:#ff8f87}\n"
	".graph .tag-back{fill:#59636e}.graph .loop .tag-back{fill:#b62324}.graph .cause .tag-back{fill:#ffb3ad}\n"
	".graph .tag{fill:#fff}.graph .cause .tag{fill:#490202}.graph .label{stroke:#0d1117;fill:#b7c0c9}.graph .label.loop{fill:#ff9e98}\n"
	".graph .arrow{stroke:#8b949e}.graph .head{fill:#8b949e}.graph .arrow.loop{stroke:#f85149}.graph .head.loop{fill:#f85149}\n";

static const char page_shapes[] =
	":root{--back:#fff;--text:#1f2328;--dim:#57606a;--line:#d0d7de;--soft:#f6f8fa;--bad:#a40e26;--bad-back:#ffebe9;"
	"--warn:#7d4e00;--warn-back:#fff3d1;--good:#116329;--good-back:#dafbe1;--bar:#818b98;--bar-bad:#cf222e;--bar-good:#2da44e;--bar-warn:#b87a00;--link:#0550ae}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--dim:#9ba5b0;--line:#30363d;"
	"--soft:#161b22;--bad:#ffa198;--bad-back:#3d1519;--warn:#f2cc60;--warn-back:#3a2b08;--good:#7ee787;--good-back:#0f2f1a;"
	"--bar:#6e7681;--bar-bad:#f85149;--bar-good:#3fb950;--bar-warn:#d9a02b;--link:#79c0ff;color-scheme:dark}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:20px 16px 48px;max-width:920px;background:var(--back);color:var(--text);"
	"font:15px/1.5 system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;overflow-wrap:anywhere}\n"
	"h1{font-size:1.5rem;margin:.2em 0 .4em}h2{font-size:1.25rem;margin:1.2em 0 .3em}.report h2{margin-top:0}header{display:flex;flex-wrap:wrap;gap:.3em 1.2em;align-items:baseline;border-bottom:1px solid var(--line);padding-bottom:.5em}h3{font-size:1rem;margin:1.6em 0 .5em}\n"
	"p{margin:.4em 0}a{color:var(--link)}code,pre,.mono{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:.86em}\n"
	"pre{margin:.3em 0 0;padding:.6em .8em;background:var(--soft);border:1px solid var(--line);border-radius:6px;overflow-x:auto}\n"
	".dim{color:var(--dim)}.badges{display:flex;flex-wrap:wrap;gap:6px;margin:.4em 0 .8em}\n"
	".badge{border:1px solid currentColor;border-radius:999px;padding:0 .7em;font-size:.85rem;color:var(--dim)}\n"
	".badge.bad{color:var(--bad);background:var(--bad-back)}.badge.warn{color:var(--warn);background:var(--warn-back)}"
	".badge.good{color:var(--good);background:var(--good-back)}\n"
	".report{border:1px solid var(--line);border-radius:10px;padding:16px;margin:18px 0}\n"
	".note{border-left:4px solid var(--line);padding:.2em .9em;margin:.8em 0}.note.bad{border-color:var(--bad)}"
	".note.warn{border-color:var(--warn)}.note.good{border-color:var(--good)}\n"
	"figure{margin:1em 0;overflow-x:auto}figure svg{display:block;width:100%;min-width:var(--least);height:auto}\n"
	"figcaption{color:var(--dim);font-size:.85rem;margin-top:.4em}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em .9em;margin:.5em 0}dt{color:var(--dim)}dd{margin:0}\n"
	"ul{padding-left:1.2em;margin:.4em 0}\n"
	".waits{position:relative;margin:.4em 0}.waits.marked{padding-top:1.5em}details{margin:.4em 0}dl:empty{display:none}.waits li{margin:.5em 0}.waits ol{list-style:none;margin:0;padding:0}\n"
	".track{height:10px;background:var(--soft);border-radius:3px}.track i{display:block;height:10px;min-width:2px;border-radius:3px;"
	"background:var(--bar);print-color-adjust:exact;-webkit-print-color-adjust:exact}.track i.loop{background:var(--bar-bad)}\n"
	".track i.done{background:var(--bar-good)}.track i.failed{background:repeating-linear-gradient(90deg,var(--bar-bad) 0 3px,transparent 3px 5px);min-width:4px}"
	".track i.deferred{background:repeating-linear-gradient(45deg,var(--bar-warn) 0 3px,transparent 3px 5px)}"
	".track i.waiting{background:none;border:1px solid var(--bar-warn);height:6px}.lane i.waiting{top:2px}.lane{position:relative}.lane i{position:absolute;top:0}\n"
	"nav{flex:1 1 20em}.refresh{margin:0;font-size:.85rem;color:var(--dim)}button{font:inherit;padding:.2em .9em;border:1px solid var(--line);border-radius:6px;background:var(--soft);color:var(--text)}\n"
	".mark{position:absolute;top:0;bottom:0;border-left:1px dashed var(--dim);padding-left:4px;font-size:.75rem;color:var(--dim);pointer-events:none}\n"
	".mark.left{border-left:0;border-right:1px dashed var(--dim);padding:0 4px 0 0}\n"
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{text-align:left;vertical-align:top;"
	"padding:.3em .7em .3em 0;border-bottom:1px solid var(--line)}th{color:var(--dim);font-weight:600}td.number{white-space:nowrap}\n"
	"summary{cursor:pointer}footer{color:var(--dim);font-size:.85rem;margin-top:2em}\n"
	"@media (max-width:480px){body{padding:12px 10px 32px}.report{padding:12px}dl{grid-template-columns:1fr}dt{margin-top:.3em}}\n"
	"@media print{header{display:none}figure svg{min-width:0}body{max-width:none;padding:0;font-size:11pt}.report{border:0;padding:0}figure,li,pre{break-inside:avoid}figure{overflow:visible}}\n";

void gw_style_graph(FILE *out)
{
	fprintf(out, "%s%s@media screen and (prefers-color-scheme:dark){\n%s}\n", graph_shapes, graph_light,
		graph_dark);
}

void gw_style_page(FILE *out)
{
	fputs(page_shapes, out);
}
