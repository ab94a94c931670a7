import type { Machine } from "./machine.ts";
import type { StartScript } from "./start-scripts.ts";

/** What stands in for a product that no distribution has: what its package leaves on a machine, as far as the agent and `erl` see it. */
export interface ProductPackage {
  /** Its folder of settings, the agent's folder in there, and the account that it starts by. */
  readonly folder: string;
  readonly tls: string;
  readonly account: string;
  readonly start: StartScript;
  readonly nodeOn: (machine: Machine) => string;
  /** Its account and what it ships in its folder, `erlang.md` §8 and §9. */
  readonly installation: string;
  /** What the agent says about what it leaves to the operator, and what that one then does; `$1` is the node. */
  readonly note: string;
  readonly remainder: string;
}

const installed = (account: string, files: string): string => `
useradd --system --create-home ${account}
mkdir /etc/${account}
cd /etc/${account}
${files}
chown -R ${account}:${account} .
`;

export const PRODUCT_PACKAGES = {
  emqx: {
    folder: "/etc/emqx",
    tls: "/etc/emqx/certs/cluster",
    account: "emqx",
    start: "emqx",
    nodeOn: ({ address }) => `emqx${address.at(-1) ?? ""}@${address}`,
    installation: installed(
      "emqx",
      `cat >emqx.conf <<'EOF'
node {
  name = "emqx@127.0.0.1"
  cookie = "emqxsecretcookie"
  data_dir = "/var/lib/emqx"
}

cluster {
  name = emqxcl
  discovery_strategy = manual
}
EOF
cat >ssl_dist.conf <<'EOF'
[{server, [{certfile, "/etc/emqx/certs/cert.pem"}, {keyfile, "/etc/emqx/certs/key.pem"}, {verify, verify_none}]},
 {client, [{verify, verify_none}]}].
EOF`,
    ),
    note: "",
    remainder: ":",
  },
  mongooseim: {
    folder: "/etc/mongooseim",
    tls: "/etc/mongooseim/tls",
    account: "mongooseim",
    start: "mongooseim-package",
    nodeOn: ({ host }) => `mongooseim@${host}`,
    installation: installed(
      "mongooseim",
      `printf '%s\\n' '-sname mongooseim@localhost' '-setcookie mongooseim' >vm.args
printf '%s\\n' '#-kernel inet_dist_listen_min 9100' '#-proto_dist inet_tls' >vm.dist.args`,
    ),
    note: "remove -setcookie from the vm.args beside this vm.dist.args",
    remainder: `sed -i -e '/-setcookie/d' -e "s/^-sname .*/-name $1/" /etc/mongooseim/vm.args`,
  },
} as const satisfies Record<string, ProductPackage>;

export type PackagedProduct = keyof typeof PRODUCT_PACKAGES;
