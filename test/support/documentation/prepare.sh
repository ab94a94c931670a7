# Makes a machine the place of somebody who reads our pages: the world's names answer on its loopback, over TLS that it trusts.
set -eu
mkdir -p /run /media/offline /etc/interlock/tls
echo "127.0.0.1 $NAMES" >>/etc/hosts
# Where every cloud has its metadata service.
ip address add 169.254.169.254/32 dev lo
echo "169.254.169.254 metadata.google.internal" >>/etc/hosts

new="openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
cd /etc/interlock/tls
$new -subj /CN=authority -keyout /root/authority.key -out "$AUTHORITY" 2>/dev/null
$new -subj /CN=world -CA "$AUTHORITY" -CAkey /root/authority.key -addext basicConstraints=critical,CA:FALSE \
	-addext "subjectAltName=DNS:$(echo "$NAMES" | sed 's/ /,DNS:/g')" -keyout public.key -out public.pem 2>/dev/null
cat "$AUTHORITY" >>/etc/ssl/certs/ca-certificates.crt
rm -f /etc/nginx/sites-enabled/* /etc/nginx/conf.d/*
printf '%s\n' "$AWS_CONF" >/etc/nginx/conf.d/aws.conf

install -m 0755 "$REPOSITORY/test/support/documentation/systemctl.sh" /usr/local/bin/systemctl
id rabbitmq >/dev/null 2>&1 || useradd --system rabbitmq
rm -rf /etc/rabbitmq

# The reader's clone, less what npm ci brings, which is the tests' own.
mkdir -p "$CLONE/node_modules"
cd "$REPOSITORY"
git ls-files -z -co --exclude-standard | tar -c --null --ignore-failed-read -T - | tar -x -C "$CLONE"
mount --bind "$REPOSITORY/node_modules" "$CLONE/node_modules"
