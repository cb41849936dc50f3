# Shared by the scripts in tests/*: a scratch folder, a simulator in it, a source's INI, and what is expected.
# Sourced with `build` unset or set; leaves: $build $scratch $url, and ends the simulator when the script ends.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
build=${AQUILA_FETCH_BUILD:-$PWD/build/release}
# On a busy disk fsync takes most of the time, and what it is there for, a power cut, is not tried by these scripts.
if [[ -z ${TMPDIR:-} ]] && (($(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) > 262144)); then TMPDIR=/dev/shm; fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/aquila-fetch-test.XXXXXX")
sim_pid=
cleanups=()
cleanup() {
    local each
    for each in "${cleanups[@]}"; do eval "$each"; done
    [[ -z $sim_pid ]] || kill "$sim_pid" 2>/dev/null || true
    rm -rf "$scratch"
}
trap cleanup EXIT

skip() {
    echo "skipped: $*" >&2
    exit 77
}
need() {
    local tool
    for tool in "$@"; do command -v "$tool" >/dev/null || skip "no $tool"; done
}

# start_sim OPTIONS…
start_sim() {
    "$build/atlassian_sim" --port 0 --port-file "$scratch/port" --cloud-id crash "$@" >"$scratch/sim.log" 2>&1 &
    sim_pid=$!
    for _ in $(seq 400); do
        [[ -s $scratch/port ]] && break
        sleep 0.05
    done
    url=http://127.0.0.1:$(cat "$scratch/port")
    # Reading Data Center's log writes to it, which would never come to an end here.
    control -d '{"self_noise":false}' "$url/_sim/settings" >/dev/null
    printf sim-token >"$scratch/token"
    printf sim-bearer >"$scratch/bearer"
    chmod 600 "$scratch/token" "$scratch/bearer"
}
control() { curl -sS --fail --noproxy '*' "$@"; }
# generate PRODUCT COUNT FROM TO SEED: with equal twins, where records have no id that tells them from one delivered twice
generate() {
    local twins=0.2
    [[ $1 != organization ]] || twins=0
    control -X POST "$url/_sim/generate" \
        -d "{\"product\":\"$1\",\"count\":$2,\"from\":\"$3\",\"to\":\"$4\",\"seed\":$5,\"twins\":$twins}" >/dev/null
}
# shellcheck disable=SC2034  # for the scripts
# Every product; a new one is a row here, and what is particular to its section one in `ini`.
all_products=(jira confluence organization datacenter)
# ini PRODUCT LINES…: crash.ini in the scratch folder. May be set: $output; $api, where the gateway is not the simulator itself; $budget
ini() {
    local product=$1 line own
    shift
    case $product in
        organization) own=$'organization_id = 0f5a3c1e-7d2b-4c8a-9e61-5b0d4a7c9e10\ntoken_file = '$scratch/bearer ;;
        datacenter) own="site = ${api:-$url}"$'\ntoken_file = '$scratch/bearer ;;
        *) own=$'cloud_id = crash\nemail = admin@example.com\ntoken_file = '$scratch/token ;;
    esac
    cat >"$scratch/crash.ini" <<END
[$product]
$own
api_url = ${api:-$url}
state_dir = $scratch/state
output = ${output:-$scratch/out/flattened.json}
page_size = 50
initial_lookback = 6h
retry_budget = ${budget:-5s}
END
    for line in "$@"; do echo "$line" >>"$scratch/crash.ini"; done
    chmod 600 "$scratch/crash.ini"
}
run() { "$build/aquila-fetch" -c "$scratch/crash.ini" -q "$@" >"$scratch/run.out" 2>"$scratch/run.err"; }
# lines_in FOLDER: what all output files hold, rotated and packed ones too. A half line that was packed before anybody could finish it
# stays where it is; its record is whole elsewhere.
lines_in() {
    local file
    find "$1" -name 'flattened*' -type f ! -name '*.gz' ! -name '*.zst' -exec cat {} +
    for file in "$1"/flattened*.{gz,zst}; do
        case $file in
            *\**) ;;
            *.gz) [[ ! -s $file ]] || gzip -dc "$file" ;; # nothing, after copytruncate, is no gzip
            *.zst) zstd -dcq "$file" ;;
        esac | perl -ne 'print if /\n$/'
    done
}
# expected PRODUCT: what the server holds; written [FOLDER]: what the output holds. Jira's lines without the offset and total of
# their page, which change from reading to reading.
expected() { control "$url/_sim/records?product=$1" | sort; }
written() {
    lines_in "${1:-$scratch/out}" | records_of_lines |
        sed -E 's/,"offset":[0-9]+,"total":[0-9]+\}$/}/' | sort
}
# The record that a line of another format holds, whose quotes and backslashes are escaped in it; other lines as they are.
records_of_lines() {
    perl -ne 'if (/"(?:original|raw_data)":"((?:[^"\\]|\\.)*)"/) { $_ = "$1\n"; s/\\(["\\])/$1/g } print'
}
# exactly PRODUCT WHAT [FOLDER]: fails with the counts unless the files hold what the server holds
exactly() {
    expected "$1" >"$scratch/expected"
    written "${3:-$scratch/out}" >"$scratch/written"
    cmp -s "$scratch/expected" "$scratch/written" || {
        echo "$2: lost $(comm -23 "$scratch/expected" "$scratch/written" | wc -l)," \
            "doubled or damaged $(comm -13 "$scratch/expected" "$scratch/written" | wc -l)"
        exit 1
    }
}
