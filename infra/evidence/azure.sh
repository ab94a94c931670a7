#!/bin/sh
# Prints the credential of `azure-imds`: this machine's attested document, whose nonce is the digest of this CSR.
#   azure.sh node.csr >credential
# See docs/evidence.md
set -eu
[ $# = 1 ] || { echo "usage: azure.sh CSR" >&2 && exit 2; }
metadata=${INTERLOCK_AZURE_METADATA:-http://169.254.169.254}

# 20 octets are 32 characters of base32, without padding.
nonce=$(openssl req -in "$1" -outform DER | openssl dgst -sha256 -binary | head -c 20 | base32)
document=$(curl -q -fsS --noproxy '*' --connect-timeout 5 --max-time 10 --retry 3 --max-filesize 65536 \
	-H 'Metadata: true' "$metadata/metadata/attested/document?api-version=2020-09-01&nonce=$nonce")
signature=$(printf %s "$document" | sed -n 's/.*"signature": *"\([A-Za-z0-9+/=]*\)".*/\1/p')
[ -n "$signature" ] || { echo "azure.sh: the metadata service sent no signature" >&2 && exit 6; }
printf 'Evidence %s\n' "$(printf '{"method": "azure-imds", "signature": "%s"}' "$signature" | openssl base64 -A)"
