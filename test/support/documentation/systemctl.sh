#!/bin/sh
# Stands in for systemd on a machine of the tests, whose PID 1 is a shell: notes what it was told, has systemd's own tool check
# our units, and starts the services that a page calls afterwards.
set -eu
echo "$*" >>/run/systemctl.log
for unit; do :; done
case $unit in *.service | *.timer) ;; *) unit=$unit.service ;; esac
file=/etc/systemd/system/$unit
case $1:$unit in
	reload:nginx.service) nginx -s reload && sleep 1 && exit ;; # less than a reader takes for the next line
	*:nginx.service) exec nginx ;;
esac
case $unit in interlock*) ;; *) exit 0 ;; esac # a product's

remarks=$(systemd-analyze verify "$file" 2>&1)
[ -z "$remarks" ] || { echo "$remarks" >&2 && exit 1; }
[ "$unit" = interlock.service ] || exit 0

directive() { sed -n "s/^$1=//p" "$file"; }
user=$(directive User)
id "$user" >/dev/null 2>&1 || useradd --system "$user"
for folder in $(directive StateDirectory); do
	install -d -m "$(directive StateDirectoryMode)" -o "$user" -g "$user" "/var/lib/$folder"
done
(
	set -a
	# shellcheck disable=SC1090
	. "$(directive EnvironmentFile)"
	# shellcheck disable=SC2046 # the unit's command and its arguments
	exec setsid setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs $(directive ExecStart)
) >>/var/log/interlock.log 2>&1 </dev/null &
exec curl -fs --retry 30 --retry-all-errors --retry-delay 1 -o /dev/null http://127.0.0.1:8787/healthz
