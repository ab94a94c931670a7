#!/bin/sh
# Gets an Erlang node its certificate and inter-node TLS files, and keeps them fresh.
# Nothing on the node changes before all that came is verified. See docs/node.md
set -u
umask 077
export LC_ALL=C

KINDS='token aws-iid aws-sts gcp azure kubernetes'
NAMES='url cluster node token-file with cacert options restart key new-key state attempts'

usage() {
	cat <<EOF
usage: interlock COMMAND [--SETTING VALUE]...
  bootstrap	make a key, get a certificate, install everything; again: repair
  renew		get a new certificate when due, or new roots and CRL
  status	what is installed, and is it whole
  rollback	put the previous set back; again: undo that
  uninstall	take all of it away, keys too; put back what it replaced

Settings, as NAME=VALUE in /etc/interlock/agent.conf (or --config FILE) or as --NAME VALUE:
  url cluster node	the API, https://…, and whose certificate this is
  with			the credential: $KINDS
  token-file		holds a join token, a JWT, or "SCHEME evidence"
  cacert		CA file of a private API
  options		query of the call: portOffset=1&combined=true
  restart		auto (as the API says, after configuration changed), no, or a command
  key new-key		P-256, P-384; yes: a new key at each renewal
  force			yes: now
  state attempts	/var/lib/interlock-agent, 8

Exit: 0 done 2 usage 3 something is missing 4 API not reached 5 refused 6 bad answer 7 wrong clock
  8 cannot write 9 another run 10 restart failed 11 due 12 unhealthy 13 nothing there 14 no evidence
EOF
}

say() { echo "interlock: $*"; }
warn() { say "$*" >&2; }
fail() { # CODE WHAT
	warn "$2${untouched:+; nothing was changed}"
	exit "$1"
}

one_of() { case " $1 " in *" $2 "*) ;; *) fail 2 "$2 is none of: $1" ;; esac; } # LIST WORD

setting() { # NAME VALUE
	one_of "$NAMES force" "$1"
	eval "$(echo "$1" | tr - _)=\$2"
	[ "$1" != token-file ] || with=token # the last counts
}

read_settings() {
	config=/etc/interlock/agent.conf last='' untouched=yes
	for word; do
		[ "$last" != --config ] || config=$word
		last=$word
	done
	url='' cluster='' node='' token_file='' cacert='' options='' force=''
	with=token restart=auto key=P-256 new_key=no state=/var/lib/interlock-agent attempts=8
	[ ! -f "$config" ] || while IFS= read -r line; do
		case $line in [!#]*) setting "${line%%=*}" "${line#*=}" ;; esac
	done <"$config"
	while [ $# -gt 1 ]; do
		case $1 in
			--config) ;;
			--*) setting "${1#--}" "$2" ;;
			*) break ;;
		esac
		shift 2
	done
	[ $# = 0 ] || fail 2 "settings are --NAME VALUE"
	url=${url%/} audience=$url/v1/clusters/$cluster
	for name in config state token_file cacert; do
		eval "path=\$$name"
		case $path in [!/]*) eval "$name=\$PWD/\$path" ;; esac
	done
}

# What goes into the URL is checked, not quoted; a credential never travels in clear.
check_settings() {
	case $url$cluster$node$options in *[!A-Za-z0-9:/.@=\&_-]*) fail 2 "a setting does not fit into a URL" ;; esac
	case $url in https://?* | http://127.0.0.1:* | http://localhost:*) ;; *) fail 2 "url must be https://…" ;; esac
	case $cluster/$node in */*@*@* | /*) false ;; */?*@?*) ;; *) false ;; esac ||
		fail 2 "cluster and node (rabbit@mq-1.example.com) are needed"
	one_of "$KINDS" "$with"
}

# One run at a time, in the state's folder from here on.
lock() {
	[ "$(id -u)" = 0 ] || fail 3 "this needs root"
	for tool in curl openssl flock; do
		command -v $tool >/dev/null || fail 3 "there is no $tool here"
	done
	{ mkdir -p "$state" && cd "$state"; } 2>/dev/null || unwritable
	exec 9<.
	flock -n 9 || fail 9 "another run is under way ($(readlink lock))"
	ln -sfn $$ lock
	trap 'rm -rf work' EXIT
	trap 'exit 129' HUP INT TERM
}

unwritable() { fail 8 "cannot write to $state"; }

request() {
	curl -q -sS --connect-timeout 10 --max-time 90 --max-filesize 262144 --tlsv1.2 ${cacert:+--cacert "$cacert"} "$@"
}

pause() { # doubles up to a minute, half of it by chance, or as the API asks
	delay=$((attempt < 7 ? 1 << attempt - 1 : 60))
	wanted=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,3\}\).*/\1/p' work/headers 2>/dev/null)
	base=$((delay - delay / 2))
	[ "${wanted:-0}" -le $base ] || base=$wanted
	sleep $((base + $(od -An -N2 -tu2 /dev/urandom) % (delay / 2 + 1)))
}

# call WHOLE ARGUMENT...: the answer is next/reply; 1: a refusal. Safe to repeat.
call() {
	whole=$1 attempt=1
	shift
	while :; do
		rm -f work/headers
		$credential >work/header || unwritable
		http=$(request -H 'Accept: text/plain' -D work/headers -o next/reply -w '%{http_code}' "$@")
		case $?:$http in
			0:20[01])
				sed -n '1p;$p' next/reply | tr '\n' ' ' | grep -qx "$whole" && return
				code=6 why="the answer is cut short, or not from the API"
				;;
			0:408 | 0:429 | 0:5*) code=4 why="the API answered $http, $(answer)" ;;
			0:4*)
				refused=$(answer)
				warn "refused: $refused"
				return 1
				;;
			0:*) fail 4 "$http is no answer of the API (a proxy?)" ;;
			23:*) unwritable ;;
			51:* | 60:* | 77:* | 83:* | 90:* | 91:*) not_trusted ;;
			*) code=4 why="the API was not reached" ;;
		esac
		[ $attempt -lt "$attempts" ] || fail $code "$why"
		warn "$why; trying again"
		pause
		attempt=$((attempt + 1))
	done
}

answer() { head -n 1 next/reply | tr -cd ' -~' | cut -c 1-300; }

ask() { # BODY [OPTION]
	call 'interlock-manifest 1 end ' -H @work/header --data-binary "@$1" \
		"$audience/nodes/$node/bundle?format=manifest${options:+&$options}${2-}"
}

clock_is_off() {
	text=$(tr -d '\r' 2>/dev/null <work/headers | sed -n 's/^[Dd]ate: //p' | tail -n 1)
	theirs=$({ date -ud "${text:-none}" +%s || date -uD '%a, %d %b %Y %T' -d "$text" +%s; } 2>/dev/null) || return
	skew=$(($(date +%s) - theirs))
	[ "${skew#-}" -ge 300 ] && warn "this clock is $skew seconds ahead of the API's, which says $text: set it"
}

# Unverified, for the date alone: it is told, not believed.
not_trusted() {
	curl -q -skI --max-time 10 "$url/healthz" >work/headers 2>/dev/null
	clock_is_off && exit 7
	fail 4 "the API's certificate is not trusted (private CA: --cacert)"
}

# An unfinished run's key stays: its credential is bound to it.
choose_key() {
	[ "$new_key" = yes ] && cmp -s current/key key && rm key
	[ ! -f key ] || return 0
	if [ -f current/key ] && [ "$new_key" != yes ]; then
		cat current/key >draft
	else
		openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$key" >draft
	fi && mv draft key
}

by_possession() {
	[ -d current ] &&
		openssl cms -sign -binary -nodetach -md sha256 -signer "$(file_of current certificate)" -inkey current/key \
			-in work/csr -outform PEM -out work/request 2>/dev/null &&
		ask work/request "${force:+&renew=now}"
}

by_evidence() {
	case $with in
		token) [ -n "$token_file" ] ;;
		aws-sts) bring aws_sts.py && bring aws-sts.sh ;;
		*) bring "$with.sh" ;;
	esac && credential=authorize && ask work/csr
}

bring() { call '#!.* # end ' "$url/v1/evidence/$1" && mv next/reply "work/$1"; }

# Anew for each try: AWS's signature ends in five minutes, kubelet's token changes.
authorize() {
	shown=$token_file
	[ "$with" = token ] || {
		shown=work/evidence
		sh "work/$with.sh" "$audience" work/csr >$shown || fail 14 "no evidence of $with"
	}
	token=$(tr -d '\r\n' <"$shown") || fail 2 "cannot read $token_file"
	case $token in *' '*) ;; *) token="Bearer $token" ;; esac
	echo "Authorization: $token"
}

obtain() {
	{ rm -rf work && mkdir -p next work && choose_key && openssl req -new -key key -subj / -config /dev/null -out work/csr; } 2>/dev/null || unwritable
	refused='' credential=true
	by_possession || by_evidence || {
		clock_is_off && exit 7
		[ -n "$refused" ] || fail 2 "no credential: give --with or --token-file"
		fail 5 "the API refused"
	}
	unpack
	verify
}

fact() { sed -n "s/^$1 //p" "${2-current}/reply" | head -n 1; } # NAME [SET]
at() { date -ud "@$(fact "$@")" +%Y-%m-%dT%H:%M:%SZ; }
file_of() { sed -n "s|^\([0-9]*\) $2 .*|$1/\1|p" "$1/index"; } # SET KIND

each() { # SET DO
	while read -r number kind path mode owner group digest; do
		draft=$path.interlock
		"$2" "$1"
	done <"$1/index"
}

# next/reply becomes next/1, next/2, … and next/index: NUMBER KIND PATH MODE OWNER GROUP SHA256
unpack() {
	rm -f next/[0-9]* next/index next/restart
	number=0
	while IFS= read -r line; do
		case $line in
			' '*) printf '%s\n' "${line# }" >>next/$number ;;
			'key '* | 'combined '* | 'certificate '* | 'ca '* | 'crl '* | 'own '* | 'shared '*)
				number=$((number + 1))
				echo "$number $line" >>next/index
				;;
		esac || unwritable
	done <next/reply
	cat key >next/key && cat key >"$(file_of next key)"
	both=$(file_of next combined)
	[ -z "$both" ] || cat "$(file_of next certificate)" next/key >"$both"
}

verify() {
	[ "$(fact cluster next) $(fact node next)" = "$cluster $node" ] || fail 6 "the answer is for another node"
	each next verify_file >next/draft
	mv next/draft next/index || unwritable
	verify_leaf
}

verify_file() {
	case "$path $owner$group $mode" in
		/proc/* | /dev/* | /sys/* | */../* | *[!A-Za-z0-9_./:@+=,\ -]* | *\ *[!a-z0-9_-]*\ *) false ;;
		/?*\ ?*\ 0[0-7][0-7][0-7]) ;;
		*) false ;;
	esac || fail 6 "no product has such a path, mode or owner"
	id -u "$owner" >/dev/null 2>&1 || fail 3 "there is no user $owner; install the product first"
	actual=$(openssl dgst -sha256 -r <"next/$number" | cut -d' ' -f1)
	[ "${digest:-$actual}" = "$actual" ] || fail 6 "a file has another digest"
	echo "$number $kind $path $mode $owner $group $actual"
}

verify_leaf() {
	leaf=$(file_of next certificate) roots=$(file_of next ca) now=$(date +%s) host=${node#*@} name=-verify_hostname
	[ -n "$leaf" ] || fail 6 "there is no certificate in the answer"
	{ [ "$now" -ge "$(fact not-before next)" ] && [ "$now" -lt "$(fact not-after next)" ]; } ||
		fail 7 "the certificate is not valid at $(date -u), by this clock; the API's said $(at server-time next)"
	[ "$(openssl x509 -in "$leaf" -noout -pubkey)" = "$(openssl pkey -in next/key -pubout)" ] ||
		fail 6 "the certificate is not for this node's key"
	case $host in *:*) name=-verify_ip ;; *[!0-9.]*) ;; *) name=-verify_ip ;; esac
	for role in sslserver sslclient; do
		SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null openssl verify -purpose $role $name "$host" \
			-CAfile "$roots" -untrusted "$leaf" "$leaf" >/dev/null 2>&1 ||
			fail 6 "the certificate does not verify for $host ($role)"
	done
}

BLOCK='/^# BEGIN interlock$/,/^# END interlock$/'
block_of() { sed -n "$BLOCK p" "$1" | sed '1d;$d'; }

# The product's user may own the folder: it must not make root read or write elsewhere.
take_copy() { rm -f copy && cp -Pp "$path" copy && [ -f copy ] && [ ! -L copy ]; }
count() { grep -c "^# $1 interlock$" copy; }

# What others wrote into a shared file.
take_rest() {
	: >rest
	[ -e "$path" ] || [ -L "$path" ] || return 0
	take_copy && [ "$(count BEGIN)" = "$(count END)" ] && sed "$BLOCK d" copy >rest &&
		{ [ -z "$(tail -c 1 rest)" ] || echo >>rest; }
}

is_right() { # SET FILE
	[ -n "$(find "$2" -prune -type f -user "$owner" -group "$group" -perm "$mode" 2>/dev/null)" ] || return
	case $kind in
		shared) block_of "$2" | cmp -s "$1/$number" - ;;
		*) cmp -s "$1/$number" "$2" ;;
	esac
}

content() { # SET
	[ "$kind" = shared ] || exec cat "$1/$number"
	cat rest && echo '# BEGIN interlock' && cat "$1/$number" && echo '# END interlock'
}

# Into our folder beside the file: what a link leads to has another name or owner.
enter() {
	cd "$draft.d" && case $(find . -prune -user 0)$(pwd -P) in .*/"${draft##*/}.d") rm -f file ;; *) false ;; esac
}

put() { # PATH
	mkdir "$draft.d" 2>/dev/null
	(enter && cat >file && chmod "$mode" file && chown "$owner:$group" file && mv -fT file "../${1##*/}" && rmdir "$PWD")
}

write_draft() { # SET
	[ "$kind" = shared ] || ! is_right "$1" "$draft" || return 0
	{ [ "$kind" != shared ] || take_rest; } && (umask 022 && mkdir -p "${path%/*}") &&
		(content "$1") | put "$draft" && is_right "$1" "$draft"
}

write_file() { # SET
	is_right "$1" "$path" && drop && return
	write_draft "$1" 2>/dev/null || {
		failed=$path
		each "$1" drop
		fail 8 "cannot write $failed (no room, read only, a link, or half a block of ours in it)"
	}
	changed="${changed-} $kind"
}

drop() {
	(enter && rmdir "$PWD") 2>/dev/null
	rm -f "$draft"
}

keep_original() {
	[ -L "$path" ] || [ ! -f "$path" ] || [ -f "originals$path" ] || grep -qsF " $path " current/index ||
		{ mkdir -p "originals${path%/*}" && take_copy && mv copy "originals$path"; } || unwritable
}

# Once the set is pending, a killed run is finished by the next.
install_set() {
	changed=''
	each next write_file
	if [ -z "$changed" ] && cmp -s next/index current/index; then
		rm -rf next
		say "nothing to change"
		return
	fi
	each next keep_original
	case $changed in *own* | *shared*) echo >next/restart ;; esac
	sync
	mv next pending || unwritable
	settle
}

# What is named comes before what names it: each step leaves a working set. All end fresh, for Erlang to notice.
settle() {
	[ -d pending ] || return 0
	untouched=''
	each pending write_file
	each pending place
	[ ! -d current ] || each current leave
	each pending freshen
	! cmp -s pending/index current/index || rm -rf current
	[ ! -d current ] || { rm -rf previous && mv current previous; }
	mv pending current
	! cmp -s key current/key || rm key
}

place() {
	is_right pending "$path" && return
	mv -fT "$draft" "$path" || fail 8 "cannot replace $path; run this again"
	say "wrote $path"
}

freshen() { touch -ch "$path"; }
leave() { grep -qF " $path " pending/index || withdraw; }

# Mode and owner as before us.
withdraw() {
	old=originals$path
	[ ! -f "$old" ] || read -r mode owner group <<-EOF
		$(stat -c '%a %u %g' "$old")
	EOF
	if ! drop; then
		false
	elif [ "$kind" = shared ]; then
		take_rest && if [ -s rest ]; then put "$path" <rest; else rm -f "$path"; fi
	elif [ -f "$old" ]; then
		put "$path" <"$old"
	else
		rm -f "$path"
	fi || fail 8 "cannot take $path away"
	say "took away $path"
}

# Only "systemctl restart UNIT" runs unasked.
restart_node() {
	[ -f current/restart ] || return 0
	advice=$(fact command) run=$restart
	[ "$restart" != auto ] ||
		case ${advice#systemctl restart } in '' | *[!A-Za-z0-9@._-]*) run=no ;; *) run=$advice ;; esac
	if [ "$run" = no ]; then
		say "now restart the node${advice:+: $advice}"
	else
		say "running: $run"
		sh -c "$run" 9>&- || fail 10 "the restart failed; the next run tries again"
	fi
	rm -f current/restart
}

is_due() { [ "$(date +%s)" -ge "$(fact renew-after)" ]; }

# Where they cannot be had, time decides.
is_new() { # KIND NAME
	old=$(file_of current "$1" | head -n 1)
	[ -n "$old" ] && request -f -o new "$audience/$2" 2>/dev/null && grep -q '^-----BEGIN' new &&
		! cmp -s new "$old"
}

take_up() { # SET
	{ rm -rf next && cp -R "$1" next && rm -f next/restart; } || unwritable
	verify_leaf
}

finish() {
	install_set
	[ -e "$config" ] || remember
	summary
	sed -n 's/^warning /interlock: note: /p' current/reply
	restart_node
}

remember() {
	mkdir -p "${config%/*}" && for name in $NAMES; do
		eval "value=\$$(echo "$name" | tr - _)"
		[ -z "$value" ] || echo "$name=$value"
	done >"$config"
}

bootstrap() {
	if [ -d current ] && ! is_due && [ -z "$force" ]; then take_up current; else obtain; fi
	finish
}

renew() {
	if [ -n "$force" ] || is_due || is_new ca ca.pem || is_new crl crl.r0; then
		obtain
		finish
	else
		say "not due before $(at renew-after)"
		restart_node
	fi
}

rollback() {
	[ -d previous ] || fail 13 "there is no previous set"
	take_up previous
	finish
}

summary() { say "$(fact node) has certificate $(fact serial) until $(at not-after), to renew from $(at renew-after)"; }

status() {
	code=0
	summary
	is_due && code=11 && say "renewal is due"
	[ "$(date +%s)" -lt "$(fact not-after)" ] || code=12
	each current report
	[ ! -f current/restart ] || { code=12 && say "the node needs a restart"; }
	exit $code
}

report() { if is_right current "$path"; then say "ok $path"; else code=12 && say "changed or missing: $path"; fi; }

uninstall() {
	{ mkdir -p next && sort -rn current/index >next/index; } || unwritable
	each next withdraw
	rm -rf "$state"
	say "all but $config is gone; restart the node"
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
	[ "$command" = bootstrap ] || [ -d current ] || fail 13 "nothing is installed; run: interlock bootstrap"
	$command
}

main "$@"
