#!/usr/bin/env bash
# Everything that can be checked without running the program, one TAP line each. Needs a configured build/.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
n=0 failures=0

# check NAME COMMAND...: passes when the command prints nothing and ends with 0
check() {
    local name=$1 output
    shift
    n=$((n + 1))
    if output=$("$@" 2>&1) && [ -z "$output" ]; then echo "ok $n - $name"; else
        echo "not ok $n - $name"
        head -40 <<<"$output" | sed 's/^/# /'
        failures=1
    fi
}

c_files() { git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'fuzz/*.[ch]' 'bench/*.[ch]'; }

formatted() { c_files | xargs clang-format --dry-run --Werror; }
layered() { git ls-files 'src/*.[ch]' | xargs tools/check-layers; }

# Nothing is listed twice in a registry.
listed() {
    local list
    while read -r list; do
        sed -nE 's/^GM_[A-Z_]+\(([a-z0-9_]+)\).*/\1/p' "$list" | sort | uniq -d | sed "s|^|listed twice in $list: |"
    done < <(git ls-files 'src/*.list.h')
}

banned() {
    git grep -nE '\b(strcpy|strcat|sprintf|gets|strtok|atoi|atof|localtime|rand|srand)\(' -- 'src/*.[ch]'
    git grep -nE '#pragma GCC optimize|-Ofast|-ffast-math' -- src meson.build
    true
}

plain_words() {
    git grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' -- src web
    true
}

tidy() {
    git ls-files 'src/*.c' | xargs -P "$(nproc)" -n 6 clang-tidy -p build --quiet 2>/dev/null |
        grep -E '(warning|error):' | sort -u
    true
}

# Types of the browser page; skipped where npm could not be reached.
web_types() { web/node_modules/.bin/tsc --noEmit -p web; }

check "sources are formatted" formatted
check "includes go only down the layers" layered
check "registries list each name once" listed
check "no banned function or option" banned
check "nothing is left open in the sources" plain_words
check "paths in comments and documents stand in the tree" tools/check-paths
check "clang-tidy finds nothing" tidy
if [ -e web/node_modules/.bin/tsc ]; then check "the page's types hold" web_types; else
    n=$((n + 1))
    echo "ok $n - the page's types hold # SKIP npm was not reached"
fi
exit $failures
