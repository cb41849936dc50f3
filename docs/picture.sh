#!/usr/bin/env bash
# docs/demo.svg: what ./dev demo shows in a terminal, as a picture. Run it again when the demo changes.
set -euo pipefail
cd "$(dirname "$0")/.."
columns=104 # the demo is 100 wide where nobody watches, but for one sentence

./dev demo 2>/dev/null |
    # From the first run on; paths as one sees them from the demo's folder.
    sed -n '/^The first run/,/^The files are/p' | sed '/^The files are/,$d' |
    sed -E 's|/tmp/aquila-fetch-demo\.[A-Za-z0-9]+/||g' |
    # Jira's lines stand for all.
    awk '/^\$ tail / && !/ jira\// { skip = 4 } skip > 0 { skip--; next } { print }' |
    sed -E 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' |
    awk -v columns="$columns" '
        { text[NR] = $0 }
        END {
            while (NR > 0 && text[NR] == "") NR--
            width = columns * 7.83 + 32
            height = NR * 18 + 58
            printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\"", width, height, width, height
            print " aria-label=\"aquila-fetch collects, appends what is new, and each record is there once\">"
            print "<style>text{font:13px/18px ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#c9d1d9;white-space:pre}"
            print ".typed{fill:#fff;font-weight:600}.step{fill:#79c0ff}.said{fill:#7ee787}.record{fill:#8b949e}</style>"
            printf "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#0d1117\"/>", width, height
            print "<circle cx=\"20\" cy=\"18\" r=\"6\" fill=\"#ff5f57\"/><circle cx=\"40\" cy=\"18\" r=\"6\" fill=\"#febc2e\"/><circle cx=\"60\" cy=\"18\" r=\"6\" fill=\"#28c840\"/>"
            for (n = 1; n <= NR; n++) {
                if (text[n] == "") continue
                kind = text[n] ~ /^\$ / ? "typed" : text[n] ~ /^\{/ ? "record" : n == 1 || text[n - 1] == "" ? "step" : "said"
                printf "<text x=\"16\" y=\"%d\" class=\"%s\" xml:space=\"preserve\">%s</text>\n", n * 18 + 36, kind, text[n]
            }
            print "</svg>"
        }' >docs/demo.svg.new
[[ $(grep -c '<text' docs/demo.svg.new) -gt 15 ]] || {
    echo "picture: the demo showed too little" >&2
    exit 1
}
mv docs/demo.svg.new docs/demo.svg
