/**
 * What the products' own start scripts do with the files of a bundle, down to the `erl` that they run (`erlang.md` §7–§10): every
 * name, cookie and option comes from the files; a test adds what `"$@"` stands for. `$NODE` is for the products whose files leave
 * the node's name to their operator.
 */
export const START_SCRIPTS = {
  /** `rabbitmq-env`: the file is sourced, the arguments are split without globbing. */
  rabbitmq: `
    . /etc/rabbitmq/rabbitmq-env.conf
    if [ "\${USE_LONGNAME:-}" = true ]; then kind=-name; else kind=-sname; fi
    set -f
    exec erl "$kind" "$NODENAME" $SERVER_ADDITIONAL_ERL_ARGS "$@"`,

  /**
   * `bin/emqx`: settings from HOCON, where the last of several wins, the option file beside it. (EMQX's own port mapper, ekka, is
   * not part of OTP.)
   */
  emqx: `
    setting() { sed -n "s/^ *$1 = \\"\\{0,1\\}\\([^\\"]*\\)\\"\\{0,1\\}$/\\1/p" /etc/emqx/emqx.conf | tail -n 1; }
    exec erl -name "$(setting name)" -setcookie "$(setting cookie)" \\
      -proto_dist "$(setting proto_dist)" -ssl_dist_optfile /etc/emqx/ssl_dist.conf "$@"`,

  /** The same in a container: the variables win, the option file is where the image has it. */
  "emqx-docker": `
    while IFS= read -r line; do case "$line" in EMQX_*) export "$line" ;; esac; done </opt/emqx/etc/emqx.env
    exec erl -name "$EMQX_NODE__NAME" -setcookie "$EMQX_NODE__COOKIE" \\
      -proto_dist "$EMQX_CLUSTER__PROTO_DIST" -ssl_dist_optfile /opt/emqx/etc/ssl_dist.conf "$@"`,

  /** MongooseIM: the name is in `vm.args`, which is the operator's. */
  mongooseim: `exec erl -name "$NODE" -args_file /etc/mongooseim/vm.dist.args "$@"`,

  /** The same beside an operator's own `vm.args`. */
  "mongooseim-package": `exec erl -args_file /etc/mongooseim/vm.args -args_file /etc/mongooseim/vm.dist.args "$@"`,

  /** A release of relx. */
  "vm-args": `exec erl -args_file /opt/app/etc/vm.args "$@"`,

  /** A release of Mix: `bin/app start`. */
  elixir: `
    . /opt/app/etc/env.sh
    exec erl "-$RELEASE_DISTRIBUTION" "$RELEASE_NODE" -setcookie "$RELEASE_COOKIE" -args_file /opt/app/etc/vm.args "$@"`,

  /** `bin/app remote`, which comes as a node of its own. */
  "elixir-remote": `
    . /opt/app/etc/env.sh
    exec erl "-$RELEASE_DISTRIBUTION" "rem-$$-$RELEASE_NODE" -setcookie "$RELEASE_COOKIE" -args_file /opt/app/etc/remote.vm.args "$@"`,

  /** An environment file as Docker and systemd read it: what stands behind the first `=`, as it stands. */
  "erl-flags": `
    while IFS= read -r line; do case "$line" in ERL_FLAGS=*) export "$line" ;; esac; done </opt/app/etc/inter_node_tls.env
    exec erl -name "$NODE" "$@"`,

  /** `ejabberdctl`: the file is sourced, its ports become arguments. */
  ejabberd: `
    ERL_OPTIONS=
    . /etc/ejabberd/ejabberdctl.cfg
    if [ -n "\${FIREWALL_WINDOW:-}" ]; then
      ERL_OPTIONS="$ERL_OPTIONS -kernel inet_dist_listen_min \${FIREWALL_WINDOW%-*} inet_dist_listen_max \${FIREWALL_WINDOW#*-}"
    fi
    if [ -n "\${ERL_DIST_PORT:-}" ]; then ERL_OPTIONS="$ERL_OPTIONS -erl_epmd_port $ERL_DIST_PORT -start_epmd false"; fi
    set -f
    exec erl -name "$ERLANG_NODE" $ERL_OPTIONS "$@"`,
} as const satisfies Record<string, string>;

export type StartScript = keyof typeof START_SCRIPTS;

/** For `startErlangNode`. */
export const startScript = (name: StartScript): readonly string[] => [
  "sh",
  "-eu",
  "-c",
  START_SCRIPTS[name],
  name,
];
