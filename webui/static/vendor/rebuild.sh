#!/usr/bin/env bash
# Rebuilds this folder from npm packages, by name and version: fetches them into a scratch folder, copies the built
# files and their licences, draws the icon sprite from icons.txt. Nothing else in the product needs Node.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
axe="$here/../../../tests/browser/vendor"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --save-exact \
    htmx.org@2.0.11 @tabler/core@1.6.1 @tabler/icons@3.51.0 bpmn-js@18.31.1 dmn-js@17.10.2 @bpmn-io/form-js@1.23.0 \
    @fontsource-variable/inter@5 axe-core@4.14.1 esbuild >/dev/null
from="$scratch/node_modules"
node "$from/esbuild/install.js" >/dev/null 2>&1 || true

take() {  # take FOLDER FILE… : copies built files into vendor/FOLDER
    local to="$here/$1"
    shift
    mkdir -p "$to"
    cp "$@" "$to/"
}

# Maps are not shipped, so the pointers to them go too.
trim() { sed -i -e '/^\/[/*]# sourceMappingURL=/d' "$@"; }

minify() {  # esbuild keeps the licence comments
    "$from/.bin/esbuild" "$1" --minify --legal-comments=inline --log-level=error --outfile="$2" --allow-overwrite
}

take htmx "$from/htmx.org/dist/htmx.min.js" "$from/htmx.org/LICENSE"
take tabler "$from/@tabler/core/dist/css/tabler.min.css" "$from/@tabler/core/dist/js/tabler.min.js"
cp "$from/@tabler/icons/LICENSE" "$here/tabler/LICENSE"  # the same authors and licence (MIT) as @tabler/core, which ships none
trim "$here"/tabler/*.min.*
take bpmn-js "$from/bpmn-js/dist/bpmn-navigated-viewer.production.min.js" \
    "$from/bpmn-js/dist/bpmn-modeler.production.min.js" "$from/bpmn-js/dist/assets/diagram-js.css" \
    "$from/bpmn-js/dist/assets/bpmn-js.css" "$from/bpmn-js/LICENSE"
take bpmn-js/bpmn-font/css "$from/bpmn-js/dist/assets/bpmn-font/css/bpmn.css"
take bpmn-js/bpmn-font/font "$from"/bpmn-js/dist/assets/bpmn-font/font/bpmn.woff2 \
    "$from"/bpmn-js/dist/assets/bpmn-font/font/bpmn.woff
# dmn-js's own bundles hold the development build of a library, which complains about itself in the console.
bundle() {  # bundle MODULE FILE: one module of dmn-js with all it needs, as window.DmnJS
    echo "export { default } from 'dmn-js/lib/$1';" >"$scratch/$1.js"
    "$from/.bin/esbuild" "$scratch/$1.js" --bundle --minify --legal-comments=inline --log-level=error --format=iife \
        --global-name=DmnJS --footer:js='DmnJS=DmnJS.default;' '--define:process.env.NODE_ENV="production"' \
        --outfile="$here/dmn-js/$2"
}

take dmn-js "$from"/dmn-js/dist/assets/dmn-js-*.css "$from/dmn-js/LICENSE"
take dmn-js/dmn-font/css "$from/dmn-js/dist/assets/dmn-font/css/dmn.css"
take dmn-js/dmn-font/font "$from"/dmn-js/dist/assets/dmn-font/font/dmn.woff2 "$from"/dmn-js/dist/assets/dmn-font/font/dmn.woff
# Two formats of the font are enough: browsers that need the others cannot run the rest.
sed -i -e "/dmn\.eot'*?[0-9]*');/d" -e "s/url([^)]*eot[^)]*) format('embedded-opentype'),//" \
    -e "s/url([^)]*woff?\([0-9]*\)') format('woff'),/url('..\/font\/dmn.woff?\1') format('woff');/" \
    -e "/format('truetype')/d" -e "/format('svg');/d" "$here/dmn-js/dmn-font/css/dmn.css"
bundle Modeler dmn-modeler.production.min.js
bundle NavigatedViewer dmn-navigated-viewer.production.min.js
take form-js "$from/@bpmn-io/form-js/LICENSE"
minify "$from/@bpmn-io/form-js/dist/form-viewer.umd.js" "$here/form-js/form-viewer.min.js"
minify "$from/@bpmn-io/form-js/dist/assets/form-js.css" "$here/form-js/form-js.min.css"
take inter "$from/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2" "$from/@fontsource-variable/inter/LICENSE"

{
    echo '<svg xmlns="http://www.w3.org/2000/svg">'
    while read -r name; do
        [ -n "$name" ] || continue
        echo "<symbol id=\"$name\" viewBox=\"0 0 24 24\">"
        sed -e '/<!--/,/-->/d' "$from/@tabler/icons/icons/outline/$name.svg" | tr '\n' ' ' \
            | sed -e 's/<svg[^>]*>//' -e 's/<\/svg>//' -e 's/<path stroke="none"[^>]*>//' -e 's/  */ /g'
        echo '</symbol>'
    done <"$here/icons.txt"
    echo '</svg>'
} >"$here/tabler/icons.svg"

mkdir -p "$axe"
cp "$from/axe-core/axe.min.js" "$axe/axe.min.js"
cp "$from/axe-core/LICENSE" "$axe/LICENSE"
(cd "$scratch" && node -e '
const names = ["htmx.org","@tabler/core","@tabler/icons","bpmn-js","dmn-js","@bpmn-io/form-js","@fontsource-variable/inter","axe-core"];
for (const n of names) { const p = JSON.parse(require("fs").readFileSync(`node_modules/${n}/package.json`)); console.log(`${n} ${p.version} ${p.license}`); }
') >"$here/versions.txt"
