#!/bin/sh
# Interlock's agent: gets an Erlang node its certificate and inter-node TLS files, and keeps them fresh.
# POSIX sh, curl, openssl. Nothing on the node changes before all that came is verified. Manual: docs/node.md
set -u
umask 077
export LC_ALL=C

usage() {
  cat <<'EOF'
usage: interlock COMMAND [--SETTING VALUE]...

  bootstrap  make a key, get a certificate, install everything; again: repair what changed, or nothing
  renew      when due, or when the CA's roots changed: get a new certificate (--force yes: now)
  status     what is installed, and whether it is whole and fresh
  rollback   put the set before this one back; again: undo that
  uninstall  take away what was installed, keys included; put back what it replaced

Settings: /etc/interlock/agent.conf (NAME=VALUE lines; another: --config), INTERLOCK_NAME, --NAME:
  url, cluster, node   the API (https://…), and whose certificate this is
  token-file           holds a join token or JWT, or "SCHEME evidence"
  cacert               CA file, for an API with a private one
  options              query of the call: portOffset=1&combined=true
  restart              auto (what the API says, after configuration changed), no, or a command
  key, new-key         P-256 or P-384; new-key yes: another key at each renewal
  state, attempts      /var/lib/interlock, 8

Exit: 0 done 2 usage 3 system lacks something 4 API not reached 5 API refused 6 answer does not hold
  7 wrong clock 8 cannot write 9 another run 10 restart failed 11 due 12 unhealthy 13 nothing there
EOF
}

say() { echo "interlock: $*"; }
warn() { say "$*" >&2; }
fail() { # CODE WHAT
  warn "$2${untouched:+; nothing was changed}"
  exit "$1"
}

# --- settings

NAMES=' url cluster node token-file cacert options restart key new-key state attempts force '

setting() { # NAME VALUE
  case $NAMES in *" $1 "*) ;; *) fail 2 "there is no setting $1; see --help" ;; esac
  eval "$(echo "$1" | tr - _)=\$2"
}

read_settings() {
  config=${INTERLOCK_CONFIG-/etc/interlock/agent.conf} last='' untouched=yes
  for word; do
    [ "$last" != --config ] || config=$word
    last=$word
  done
  url='' cluster='' node='' token_file='' cacert='' options='' force=''
  restart=auto key=P-256 new_key=no state=/var/lib/interlock attempts=8
  [ ! -f "$config" ] || while IFS= read -r line; do
    case $line in
      '' | '#'*) ;;
      *) setting "${line%%=*}" "${line#*=}" ;;
    esac
  done <"$config"
  for name in $NAMES; do
    eval "value=\${INTERLOCK_$(echo "$name" | tr a-z- A-Z_)-}"
    [ -z "$value" ] || setting "$name" "$value"
  done
  while [ $# -gt 1 ]; do
    case $1 in
      --config) ;;
      --*) setting "${1#--}" "$2" ;;
      *) break ;;
    esac
    shift 2
  done
  [ $# = 0 ] || fail 2 "settings are --NAME VALUE; see --help"
  url=${url%/} current=$state/current previous=$state/previous next=$state/next
  pending=$state/pending originals=$state/originals
}

# What goes into the URL is checked, not quoted. A credential never travels unencrypted.
check_settings() {
  case $url in
    *[!A-Za-z0-9:/._-]*) fail 2 "url is not an address" ;;
    https://?* | http://127.0.0.1:* | http://localhost:*) ;;
    *) fail 2 "url must be https://…" ;;
  esac
  case $cluster in '' | *[!a-z0-9-]*) fail 2 "cluster must be the cluster's name" ;; esac
  case $node in
    *[!A-Za-z0-9_@.:-]* | *@*@*) fail 2 "node must be an Erlang node name" ;;
    ?*@?*) ;;
    *) fail 2 "node must be a node name such as rabbit@mq-1.example.com" ;;
  esac
  case $options in *[!A-Za-z0-9=\&._/-]*) fail 2 "options must be a query such as a=1&b=2" ;; esac
  case $attempts in '' | 0* | *[!0-9]*) fail 2 "attempts must be a number" ;; esac
}

# A process is its number and its start: numbers come back.
process() { echo "$1-$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20)"; }

lock() {
  [ "$(id -u)" = 0 ] || fail 3 "this needs root: files get their owners"
  for program in curl openssl; do
    command -v $program >/dev/null || fail 3 "there is no $program here"
  done
  mkdir -p "$state" 2>/dev/null || fail 8 "cannot make $state"
  me=$(process $$)
  until ln -s "$me" "$state/lock" 2>/dev/null; do
    other=$(readlink "$state/lock") || fail 8 "cannot write to $state"
    [ "$(process "${other%%-*}")" != "$other" ] || fail 9 "another run is under way (${other%%-*})"
    rm -f "$state/lock"
  done
  trap 'rm -f "$state/lock"' EXIT
  trap 'exit 129' HUP INT TERM
}

# --- the API

request() {
  set -- -q -sS --connect-timeout 10 --max-time 90 --max-filesize 262144 --tlsv1.2 "$@"
  [ -z "$cacert" ] || set -- "$@" --cacert "$cacert"
  curl "$@"
}

pause() { # ATTEMPT: doubles up to a minute, half of it by chance, or as the API asks
  delay=$(($1 < 7 ? 1 << $1 - 1 : 60))
  wanted=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,3\}\).*/\1/p' "$next/headers" 2>/dev/null)
  [ "${wanted:-0}" -le $delay ] || delay=$wanted
  sleep $((delay - delay / 2 + $(od -An -N2 -tu2 /dev/urandom) % (delay / 2 + 1)))
}

# ask BODY: the answer is $next/reply; 1: a refusal. Repeating it is always safe.
ask() {
  attempt=1
  while :; do
    rm -f "$next/headers"
    http=$(request -H "@$next/authorization" -H 'Accept: text/plain' -H 'Content-Type: application/octet-stream' \
      --data-binary "@$1" -D "$next/headers" -o "$next/reply" -w '%{http_code}' \
      "$url/v1/clusters/$cluster/nodes/$node/bundle?format=manifest${options:+&$options}")
    case $?:$http in
      0:20[01])
        is_whole "$next/reply" && return 0
        code=6 why="the answer is cut short, or not from the API"
        ;;
      0:408 | 0:429 | 0:5*) code=4 why="the API answered $http" ;;
      0:4*)
        refusal=$(head -n 1 "$next/reply" | tr -cd ' -~' | cut -c 1-300)
        warn "refused: $refusal"
        return 1
        ;;
      0:*) fail 4 "$url answered $http, as the API never does: is something in between?" ;;
      23:*) fail 8 "cannot write the answer to $state" ;;
      51:* | 60:* | 77:* | 83:* | 90:* | 91:*) not_trusted ;;
      *) code=4 why="the API was not reached" ;;
    esac
    [ "$attempt" -lt "$attempts" ] || fail $code "$why, $attempts times"
    warn "$why; trying again"
    pause "$attempt"
    attempt=$((attempt + 1))
  done
}

is_whole() { [ "$(head -n 1 "$1")" = 'interlock-manifest 1' ] && [ "$(tail -n 1 "$1")" = end ]; }

# Whether the date of an answer is five minutes or more from this clock; says so.
clock_is_off() {
  text=$(tr -d '\r' 2>/dev/null <"$next/headers" | sed -n 's/^[Dd]ate: //p' | tail -n 1)
  theirs=$(date -ud "$text" +%s 2>/dev/null || date -uD '%a, %d %b %Y %T' -d "$text" +%s 2>/dev/null) || return 1
  skew=$(($(date +%s) - theirs))
  [ -n "$text" ] && [ "${skew#-}" -ge 300 ] &&
    warn "this clock is $skew seconds ahead of the API's, which says $text: set it"
}

# Asked without verification and credential, for the date alone: it is told, not believed.
not_trusted() {
  curl -q -skI --max-time 10 "$url/healthz" >"$next/headers" 2>/dev/null
  clock_is_off && exit 7
  fail 4 "the API's certificate is not trusted here (a private CA: --cacert)"
}

# --- getting a set

# The key of an unfinished run stays: a join token is bound to it.
choose_key() {
  [ "$new_key" = yes ] && cmp -s "$current/key" "$next/key" && rm -f "$next/key"
  [ ! -f "$next/key" ] || return 0
  if [ -f "$current/key" ] && [ "$new_key" != yes ]; then
    cat "$current/key" >"$next/key.new"
  else
    openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$key" >"$next/key.new" 2>/dev/null
  fi && mv "$next/key.new" "$next/key"
}

by_possession() {
  [ -d "$current" ] && [ "$(fact "$current" not-after)" -gt "$(date +%s)" ] &&
    openssl cms -sign -binary -nodetach -md sha256 -signer "$(file_of "$current" certificate)" \
      -inkey "$current/key" -in "$next/csr" -outform PEM -out "$next/request" 2>/dev/null &&
    printf '' >"$next/authorization" && ask "$next/request"
}

by_token() {
  [ -n "$token_file" ] || return 1
  token=$(tr -d '\r\n' <"$token_file") || fail 2 "token-file cannot be read"
  case $token in *' '*) ;; *) token="Bearer $token" ;; esac
  echo "Authorization: $token" >"$next/authorization" && ask "$next/csr"
}

obtain() {
  { mkdir -p "$next" && choose_key && openssl req -new -key "$next/key" -subj / -config /dev/null -out "$next/csr"; } \
    2>/dev/null || fail 8 "cannot make a key and its request in $state"
  refusal=''
  by_possession || by_token || {
    clock_is_off && exit 7
    [ -n "$refusal" ] || fail 2 "there is no credential: give --token-file"
    fail 5 "the API refused"
  }
  rm -f "$next/authorization" "$next/request" "$next/csr" "$next/headers"
  unpack
  verify
}

fact() { sed -n "s/^$2 //p" "$1/reply" | head -n 1; }                    # SET NAME
file_of() { sed -n "s|^\([0-9]*\) $2 .*|$1/\1|p" "$1/index"; }           # SET KIND
at() { date -ud "@$(fact "$1" "$2")" +%Y-%m-%dT%H:%M:%SZ; }              # SET FACT
digest() { openssl dgst -sha256 -r <"$1" 2>/dev/null | cut -d' ' -f1; } # FILE

# $next/reply becomes $next/1, $next/2, … and $next/index: NUMBER KIND PATH MODE OWNER GROUP SHA256
unpack() {
  rm -f "$next"/[0-9]* "$next/index" "$next/restart"
  number=0
  while IFS= read -r line; do
    case $line in
      ' '*) printf '%s\n' "${line# }" >>"$next/$number" ;;
      'key '* | 'combined '* | 'certificate '* | 'ca '* | 'own '* | 'shared '*)
        number=$((number + 1))
        echo "$number $line" >>"$next/index"
        ;;
    esac || fail 8 "cannot write to $state"
  done <"$next/reply"
  cat "$next/key" >"$(file_of "$next" key)"
  both=$(file_of "$next" combined)
  [ -z "$both" ] || cat "$(file_of "$next" certificate)" "$next/key" >"$both"
}

# Paths, modes and owners that a product's file can have; anything else is no answer of Interlock's.
check_attributes() {
  case $path in
    /proc/* | /dev/* | /sys/* | */../* | */.. | *[!A-Za-z0-9_./:@+=,-]*) return 1 ;;
    /?*) ;;
    *) return 1 ;;
  esac
  case $mode in 0[0-7][0-7][0-7]) ;; *) return 1 ;; esac
  case $owner$group in '' | *[!a-z0-9_-]*) return 1 ;; esac
}

verify() {
  [ "$(fact "$next" cluster) $(fact "$next" node)" = "$cluster $node" ] || fail 6 "the answer is for another node"
  while read -r number kind path mode owner group expected; do
    check_attributes || fail 6 "the answer has a path, mode or owner that no product's file has"
    id -u "$owner" >/dev/null 2>&1 || fail 3 "there is no user $owner; install the product first"
    actual=$(digest "$next/$number")
    [ "${expected:-$actual}" = "$actual" ] || fail 6 "a file of the answer has another digest"
    echo "$number $kind $path $mode $owner $group $actual"
  done <"$next/index" >"$next/index.new"
  mv "$next/index.new" "$next/index" || fail 8 "cannot write to $state"
  verify_certificate
}

verify_certificate() {
  leaf=$(file_of "$next" certificate) roots=$(file_of "$next" ca) now=$(date +%s) host=${node#*@}
  [ -f "$leaf" ] && [ -f "$roots" ] || fail 6 "there is no certificate in the answer"
  [ "$now" -ge "$(fact "$next" not-before)" ] && [ "$now" -lt "$(fact "$next" not-after)" ] ||
    fail 7 "by this clock, $(date -u), the certificate is not valid; the API's said $(at "$next" server-time)"
  [ "$(openssl x509 -in "$leaf" -noout -pubkey)" = "$(openssl pkey -in "$next/key" -pubout)" ] ||
    fail 6 "the certificate is not for this node's key"
  name=-verify_hostname
  case $host in *:*) name=-verify_ip ;; *[!0-9.]*) ;; *) name=-verify_ip ;; esac
  for purpose in sslserver sslclient; do
    SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null openssl verify -purpose $purpose $name "$host" \
      -CAfile "$roots" -untrusted "$leaf" "$leaf" >/dev/null 2>&1 ||
      fail 6 "the certificate does not verify for $host as $purpose under the cluster's roots"
  done
}

# --- installing a set

BLOCK='/^# BEGIN interlock$/,/^# END interlock$/'
block_of() { sed -n "$BLOCK p" "$1" | sed '1d;$d'; }
rest_of() { [ ! -f "$1" ] || sed "$BLOCK d" "$1"; }
is_mergeable() {
  [ ! -f "$path" ] || [ "$(grep -c '^# BEGIN interlock$' "$path")" = "$(grep -c '^# END interlock$' "$path")" ]
}

# Whether a file is what the index line says: content, owner and mode.
is_right() { # SET FILE
  [ -n "$(find "$2" -prune -type f -user "$owner" -group "$group" -perm "$mode" 2>/dev/null)" ] || return 1
  case $kind in
    shared) block_of "$2" | cmp -s "$1/$number" - ;;
    *) cmp -s "$1/$number" "$2" ;;
  esac
}

content() { # SET
  [ "$kind" = shared ] || exec cat "$1/$number"
  rest_of "$path" && echo '# BEGIN interlock' && cat "$1/$number" && echo '# END interlock'
}

# put PATH < content: a draft beside it, never through what somebody put there.
put() {
  rm -f "$1" && (set -C && cat >"$1") && chmod "$mode" "$1" && chown -h "$owner:$group" "$1"
}

write_draft() { # SET
  [ "$kind" = shared ] || ! is_right "$1" "$path.interlock" || return 0
  is_mergeable && (umask 022 && mkdir -p "${path%/*}") && (content "$1") | put "$path.interlock" &&
    is_right "$1" "$path.interlock"
}

# Writes what differs beside its place. A failure leaves everything as it was.
draft() { # SET
  changed='' reconfigured=''
  while read -r number kind path mode owner group _; do
    is_right "$1" "$path" && continue
    write_draft "$1" 2>/dev/null || {
      failed=$path
      while read -r _ _ path _; do rm -f "$path.interlock"; done <"$1/index"
      fail 8 "cannot write $failed (no room, read only, or half a block of ours in it)"
    }
    changed=yes
    case $kind in own | shared) reconfigured=yes ;; esac
  done <"$1/index"
}

keep_originals() {
  while read -r _ kind path _; do
    if [ "$kind" = shared ] || [ ! -f "$path" ] || [ -f "$originals$path" ]; then continue; fi
    grep -qsF " $path " "$current/index" && continue
    { mkdir -p "$originals${path%/*}" && cp -p "$path" "$originals.new" && mv "$originals.new" "$originals$path"; } ||
      fail 8 "cannot keep a copy of $path"
  done <"$next/index"
}

# From the verified $next to the node. Once it is $pending, a run that is killed is finished by the next.
install_set() {
  draft "$next"
  if [ -z "$changed" ] && cmp -s "$next/index" "$current/index"; then
    rm -rf "$next"
    say "nothing to change"
    return
  fi
  keep_originals
  [ -z "$reconfigured" ] || touch "$next/restart"
  sync
  mv "$next" "$pending" || fail 8 "cannot write to $state"
  settle
}

# What is named comes before what names it, so each step leaves a working set. Times are fresh at the end: Erlang does
# not notice a file that is older than its last look.
settle() {
  [ -d "$pending" ] || return 0
  untouched=''
  draft "$pending"
  while read -r number kind path mode owner group _; do
    is_right "$pending" "$path" && continue
    mv -f "$path.interlock" "$path" || fail 8 "cannot replace $path; run this again"
    say "wrote $path"
  done <"$pending/index"
  [ ! -d "$current" ] || while read -r number kind path mode owner group _; do
    grep -qF " $path " "$pending/index" || withdraw
  done <"$current/index"
  while read -r _ _ path _; do touch "$path"; done <"$pending/index"
  if cmp -s "$pending/index" "$current/index"; then rm -rf "$current"; fi
  if [ -d "$current" ]; then rm -rf "$previous" && mv "$current" "$previous"; fi
  mv "$pending" "$current"
}

withdraw() {
  rm -f "$path.interlock"
  if [ "$kind" = shared ]; then
    is_mergeable && rest_of "$path" | put "$path.interlock" && mv -f "$path.interlock" "$path" &&
      { [ -s "$path" ] || rm -f "$path"; }
  elif [ -f "$originals$path" ]; then
    cp -p "$originals$path" "$path.interlock" && mv -f "$path.interlock" "$path" && touch "$path"
  else
    rm -f "$path"
  fi || fail 8 "cannot take $path away"
  say "took away $path"
}

# Of what the API may say, \`systemctl restart UNIT\` is all that runs unasked.
restart_node() {
  [ -f "$current/restart" ] || return 0
  advice=$(fact "$current" command)
  run=$restart
  if [ "$restart" = auto ]; then
    case ${advice#systemctl restart } in '' | *[!A-Za-z0-9@._-]*) run=no ;; *) run=$advice ;; esac
  fi
  if [ "$run" = no ]; then
    say "restart the node to use its new configuration${advice:+: $advice}"
  else
    say "running: $run"
    sh -c "$run" || fail 10 "the restart failed; the files are in place, and the next run tries again"
  fi
  rm -f "$current/restart"
}

# --- commands

is_due() { [ "$(date +%s)" -ge "$(fact "$current" renew-after)" ]; }

# The roots are public. Where they cannot be had, time alone decides.
roots_changed() {
  request -f -o "$state/roots" "$url/v1/clusters/$cluster/ca.pem" 2>/dev/null &&
    grep -q 'BEGIN CERTIFICATE' "$state/roots" && ! cmp -s "$state/roots" "$(file_of "$current" ca)"
}

take_up() { # SET
  { rm -rf "$next" && cp -R "$1" "$next" && rm -f "$next/restart"; } || fail 8 "cannot write to $state"
  verify_certificate
}

finish() {
  install_set
  [ -e "$config" ] || remember_settings
  say "$node has certificate $(fact "$current" serial) until $(at "$current" not-after); renewal from $(at "$current" renew-after)"
  sed -n 's/^warning /interlock: note: /p' "$current/reply"
  restart_node
}

remember_settings() {
  mkdir -p "${config%/*}" && for name in $NAMES; do
    eval "value=\$$(echo "$name" | tr - _)"
    [ -z "$value" ] || [ "$name" = force ] || echo "$name=$value"
  done >"$config"
}

bootstrap() {
  if [ -d "$current" ] && ! is_due && [ -z "$force" ]; then take_up "$current"; else obtain; fi
  finish
}

renew() {
  if [ -n "$force" ] || is_due || roots_changed; then
    obtain
    finish
  else
    say "not due before $(at "$current" renew-after); nothing was changed"
    restart_node
  fi
}

rollback() {
  [ -d "$previous" ] || fail 13 "there is no set before this one"
  take_up "$previous"
  finish
}

status() {
  code=0
  say "$(fact "$current" node) of $(fact "$current" cluster) has certificate $(fact "$current" serial)"
  say "until $(at "$current" not-after); renewal from $(at "$current" renew-after)"
  is_due && code=11 && say "renewal is due"
  [ "$(date +%s)" -lt "$(fact "$current" not-after)" ] || code=12
  while read -r number kind path mode owner group _; do
    if is_right "$current" "$path"; then say "ok $path"; else code=12 && say "changed or missing: $path"; fi
  done <"$current/index"
  [ ! -f "$current/restart" ] || { code=12 && say "the node has yet to be restarted"; }
  exit $code
}

uninstall() {
  sort -rn "$current/index" >"$state/leaving" || fail 8 "cannot write to $state"
  while read -r number kind path mode owner group _; do withdraw; done <"$state/leaving"
  rmdir "${path%/*}" 2>/dev/null
  rm -rf "$state"
  say "all but $config is gone; restart the node to go on without TLS"
}

main() {
  case ${1-} in
    bootstrap | renew | status | rollback | uninstall) command=$1 ;;
    -h | --help | help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
  read_settings "$@"
  case $command in bootstrap | renew | rollback) check_settings ;; esac
  lock
  settle
  [ $command = bootstrap ] || [ -d "$current" ] || fail 13 "nothing is installed here; run: interlock bootstrap"
  $command
}

main "$@"
