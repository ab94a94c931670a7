# PID 1 of a test machine: an overlay over the lower root $1, with the host name $2, alive until the end of its input.
# All that the machine writes is in a tmpfs of its own mount namespace.
set -eu
read -r pid _ </proc/self/stat # from the old /proc, so the number that the world outside knows
mount -t tmpfs -o mode=0755 interlock /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" interlock /mnt/root
mount -t proc proc /mnt/root/proc
mount --rbind /dev /mnt/root/dev
hostname "$2"
# Ready only from within: who enters before the root has changed would write to the real one. The shell stays as PID 1
# and reaps what daemons such as epmd leave behind.
exec chroot /mnt/root /bin/sh -c 'echo "$1"; cat >/dev/null; :' sh "$pid"
