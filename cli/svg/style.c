/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The style sheet of a boot's image. Plain rules instead of variables: more programs than browsers read SVG. */
#include "cli/svg/style.h"

static const char shapes[] = "text{font:11px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}\n"
			     ".mono,.name,.item{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}\n"
			     ".title{font-size:19px;font-weight:600}\n"
			     ".subtitle,.legend{font-size:12px}\n"
			     ".finding{font-size:13px}\n"
			     ".effect{font-weight:600}\n"
			     ".tick{font-size:10px;font-variant-numeric:tabular-nums}\n"
			     ".cut-text{font-size:9px}\n"
			     ".number{font-size:10px;font-weight:600;fill:#fff}\n"
			     ".heading{font-size:11px;font-weight:600}\n"
			     ".need{font-size:10.5px;paint-order:stroke;stroke-width:3px;stroke-linejoin:round}\n"
			     ".line-text{font-size:10px;paint-order:stroke;stroke-width:3px;stroke-linejoin:round}\n"
			     ".grid{stroke-width:1}\n"
			     ".cut-edge{fill:none;stroke-width:1;stroke-dasharray:2 3}\n"
			     ".timeout{stroke-width:1.2;stroke-dasharray:6 3}\n"
			     ".arrow{fill:none;stroke-width:1.4}\n"
			     ".arrow:hover{stroke-width:3}\n"
			     ".wait{stroke-width:.6}\n"
			     ".bar:hover rect{opacity:.7}\n";

static const char light[] =
	".back{fill:#fff}.stripe{fill:#f4f6f8}.rule,.grid{stroke:#dde2e7}\n"
	"text{fill:#1f2328}.subtitle,.tick,.driver,.legend,.note,.cut-text{fill:#5d656e}\n"
	".cut-back{fill:#eef1f4}.cut-edge{stroke:#aab2ba}\n"
	".bound{fill:#2da44e}.deferred{fill:#b87a00}.failed{fill:#cf222e}.rejected{fill:#9aa3ad}\n"
	".running{fill:#0969da}.initcall{fill:#8250df}.module{fill:#1b7c83}\n"
	".wait{fill:url(#waiting);stroke:#d9a53b}.hatch{stroke:#d9a53b}.unseen{fill:url(#unseen)}.blind{stroke:#d3d9df}\n"
	".lost{fill:#cf222e}.fragile,.slow{fill:#b87a00}.other,.over{fill:#57606a}\n"
	".tint-lost{fill:#cf222e;opacity:.07}.tint-fragile,.tint-slow{fill:#b87a00;opacity:.08}.tint-other,.tint-over{opacity:0}\n"
	".to-lost{stroke:#cf222e}.to-fragile,.to-slow{stroke:#b87a00}.to-other,.to-over{stroke:#57606a}\n"
	".need,.line-text{stroke:#fff}.need{fill:#cf222e}.line-text{fill:#8a5c00}.timeout{stroke:#b87a00}\n";

static const char dark[] =
	".back{fill:#0d1117}.stripe{fill:#151b23}.rule,.grid{stroke:#2b323b}\n"
	"text{fill:#e6edf3}.subtitle,.tick,.driver,.legend,.note,.cut-text{fill:#939ca6}\n"
	".cut-back{fill:#1a2029}.cut-edge{stroke:#545d68}\n"
	".bound{fill:#3fb950}.deferred{fill:#d9a02b}.failed{fill:#f85149}.rejected{fill:#6e7681}\n"
	".running{fill:#58a6ff}.initcall{fill:#a371f7}.module{fill:#39b7c0}\n"
	".wait{fill:url(#waiting);stroke:#8a6a24}.hatch{stroke:#8a6a24}.unseen{fill:url(#unseen)}.blind{stroke:#2f3741}\n"
	".lost{fill:#f0524a}.fragile,.slow{fill:#c48a1b}.other,.over{fill:#7d8590}\n"
	".tint-lost{fill:#f85149;opacity:.13}.tint-fragile,.tint-slow{fill:#d29922;opacity:.12}.tint-other,.tint-over{opacity:0}\n"
	".to-lost{stroke:#f0524a}.to-fragile,.to-slow{stroke:#c48a1b}.to-other,.to-over{stroke:#7d8590}\n"
	".need,.line-text{stroke:#0d1117}.need{fill:#ff7b72}.line-text{fill:#d9a02b}.timeout{stroke:#d9a02b}\n"
	".number{fill:#fff}\n";

static const char definitions[] =
	"<defs>\n"
	"<pattern id=\"waiting\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\" stroke-width=\"3\"/></pattern>\n"
	"<pattern id=\"unseen\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\"><line class=\"blind\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"8\" stroke-width=\"3\"/></pattern>\n";

static void style_arrow_head(FILE *out, const char *effect)
{
	fprintf(out,
		"<marker id=\"head-%s\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"%s\" d=\"M0 0L8 4L0 8z\"/></marker>\n",
		effect, effect);
}

void svg_style(FILE *out)
{
	fprintf(out, "<style>\n%s%s@media (prefers-color-scheme:dark){\n%s}\n</style>\n%s", shapes, light, dark,
		definitions);
	style_arrow_head(out, "lost");
	style_arrow_head(out, "fragile");
	style_arrow_head(out, "slow");
	style_arrow_head(out, "other");
	style_arrow_head(out, "over");
	fputs("</defs>\n", out);
}
