# Shared by tests/network: what stands between a collector and Atlassian in earnest, on a loopback interface of its own.
# Ports are fixed, as nobody else is there.
# shellcheck disable=SC2119  # run may go without arguments
# shellcheck source=tests/support/simulated.bash
. tests/support/simulated.bash

# alone: starts the script again in a network namespace, where ports are free and packets may be dropped.
alone() {
    [[ -z ${AQUILA_ALONE:-} ]] || {
        ip link set lo up
        return 0
    }
    need unshare ip
    local space=(unshare --net)
    ((EUID == 0)) || space=(unshare --net --map-root-user)
    "${space[@]}" ip link set lo up 2>/dev/null || skip "no network namespace can be made here"
    cleanup
    AQUILA_ALONE=1 exec "${space[@]}" "$0" "$@"
}

# until_open PORT…: waits until somebody listens there
until_open() {
    local port
    for port in "$@"; do
        for _ in $(seq 400); do
            ! { : 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || continue 2
            sleep 0.02
        done
        echo "nobody listens on port $port"
        exit 1
    done
}

# behind NAME COMMAND…: a server of this script, ended with it; $behind_pid
behind() {
    local name=$1
    shift
    "$@" >"$scratch/$name.out" 2>&1 </dev/null &
    behind_pid=$!
    cleanups+=("{ kill -CONT $behind_pid; kill $behind_pid; wait $behind_pid; } 2>/dev/null || true")
}

# certificates: ca.pem, and of it good, other (for another name), expired and client; own.pem vouches for itself
certificates() {
    local name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=Test CA" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -out own.pem -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost
    for name in good:localhost:2 other:elsewhere.test:2 expired:localhost:-1 client:client:2; do
        IFS=: read -r name host days <<<"$name"
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name"
        openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -out "$name.pem" -days "$days" \
            -extfile <(printf 'subjectAltName=DNS:%s' "$host")
    done
} >certificates.log 2>&1

# nginx_of SERVERS…: an nginx with these server blocks; log.PORT is what a block writes by `access_log log.PORT seen;`
nginx_of() {
    local user=
    ((EUID != 0)) || user='user root;'
    cat >nginx.conf <<END_OF_NGINX
$user pid nginx.pid; error_log nginx.log; worker_processes 1; daemon off;
events { worker_connections 256; }
http {
    access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
    log_format seen '\$request_method \$request_uri \$status [\$http_authorization]';
    log_format streams '\$connection \$server_protocol \$status';
    ssl_certificate good.pem; ssl_certificate_key good.key;
    limit_req_zone \$server_port zone=few:1m rate=10r/s;
$*
}
END_OF_NGINX
    behind nginx nginx -p "$scratch" -c nginx.conf
}

# trouble WHAT CODE WORD: a run that must end with CODE, with one error and one hint, and say WORD; nothing doubled by it
trouble() {
    local status=0
    timeout 20 "$build/aquila-fetch" -c "$scratch/crash.ini" -q >"$scratch/run.out" 2>"$scratch/run.err" || status=$?
    if ((status != $2)) || ! grep -qiF -- "$3" run.err || (($(grep -c '^aquila-fetch: error: ' run.err) != 1)) ||
        (($(grep -c '^aquila-fetch: hint: ' run.err) != 1)); then
        echo "$1: exit $status, where $2 and \"$3\" were expected"
        cat run.err
        exit 1
    fi
    ! grep -q sim-token run.err || { echo "$1: the token is told"; exit 1; }
}
# healthy PRODUCT WHAT: a run that must end well and leave everything exactly once
healthy() {
    run || { echo "$2: the healthy run after it failed with $?"; cat run.err; exit 1; }
    exactly "$1" "$2"
    echo "ok $2"
}
