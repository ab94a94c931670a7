#!/bin/sh
# Prints the credential of `azure-imds`: this machine's attested document, whose nonce is the digest of this CSR.
#   azure.sh node.csr >credential
# The agent calls every kind with AUDIENCE CSR; here the audience says nothing. See docs/evidence.md
set -eu
[ $# -lt 2 ] || shift
[ $# = 1 ] || { echo "usage: azure.sh [AUDIENCE] CSR" >&2 && exit 2; }
metadata=${INTERLOCK_AZURE_METADATA:-http://169.254.169.254}

fail() { # CODE WHAT
	echo "azure.sh: $2" >&2
	exit "$1"
}

command -v base32 >/dev/null || fail 3 "there is no base32 here (coreutils)"
openssl req -in "$1" -noout || fail 2 "$1 is no CSR"
# 20 octets are 32 characters of base32, without padding.
nonce=$(openssl req -in "$1" -outform DER | openssl dgst -sha256 -binary | head -c 20 | base32)
document=$(
	curl -q -fsS --noproxy '*' --connect-timeout 5 --max-time 10 --retry 3 --retry-max-time 20 --max-filesize 65536 \
		-H 'Metadata: true' "$metadata/metadata/attested/document?api-version=2020-09-01&nonce=$nonce"
) || case $? in
	22) fail 5 "the metadata service refuses" ;;
	*) fail 4 "there is no answer from $metadata (not Azure?)" ;;
esac
signature=$(printf %s "$document" | sed -n 's/.*"signature": *"\([A-Za-z0-9+/=]*\)".*/\1/p')
[ -n "$signature" ] || fail 6 "this is no attested document; what answers at $metadata?"
printf 'Evidence %s\n' "$(printf '{"method": "azure-imds", "signature": "%s"}' "$signature" | openssl base64 -A)"
# end
