import kubernetes from "../../../infra/kubernetes/clusters.json" with { type: "json" };
import clusters from "../../../infra/clusters.json" with { type: "json" };
import { npmCache } from "./npm-cache.ts";
import { CLONE } from "./reader.ts";
import type { Definitions } from "../deployment.ts";
import type { Capability } from "../requirements.ts";
import { terraformSettings, terraformWithAws } from "../terraform.ts";

/** What a page presupposes. Everything else it must bring. */
export interface Situation {
  /** The reader's `infra/clusters.json`. */
  readonly definitions: Definitions;
  /** Whether Interlock runs already, and has a CA for each cluster. */
  readonly deployed: boolean;
  /** Whether the machine is in a cloud, of each kind: `rabbit-prod` then takes the evidence that docs/evidence.md shows. */
  readonly cloud: boolean;
  /** What must be installed, beside what every page takes. */
  readonly needs: () => Capability;
  /** Typed before the first line of the page: a token that somebody was given, a node that is there. */
  readonly before: string;
  /** What belongs to the reader and the page cannot know: as it stands there, and as it is here. Each must occur. */
  readonly substitutions: Readonly<Record<string, string>>;
}

/** The operator's own access, as docs/deploy.md leaves it. CAs here are confirmed every second, and not every hour. */
const AS_OPERATOR = `. /etc/interlock/interlock.env
export AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY CA_STALE_SECONDS
printf %s "$ADMIN_TOKEN" >admin-token; unset ADMIN_TOKEN PUBLIC_ORIGIN
mint() { # HOST
  npm run -s interlock -- token --cluster rabbit-prod --node "rabbit@$1" --store aws --origin https://interlock.example.com
}`;

/** A node with the agent, as docs/node.md leaves it. */
const AGENT = `curl -sSf -o /usr/local/sbin/interlock https://interlock.example.com/v1/agent.sh
chmod 0755 /usr/local/sbin/interlock
mint mq-1.nodes.example.internal >/run/interlock.token
interlock bootstrap --url https://interlock.example.com --cluster rabbit-prod \\
  --node rabbit@mq-1.nodes.example.internal --token-file /run/interlock.token
install -m 0644 infra/systemd/interlock-renew.* /etc/systemd/system/`;

/** Another node that has its certificate, and its serial. */
const OTHER_NODE = `enrol() { # HOST
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout /dev/null -out /run/other.csr 2>/dev/null
  curl -fsS -H "Authorization: Bearer $(mint "$1")" --data-binary @/run/other.csr \\
    "https://interlock.example.com/v1/clusters/rabbit-prod/nodes/rabbit@$1/bundle?format=pem" | openssl x509 -noout -serial | cut -d= -f2 | tr A-F a-f
}`;

const RABBIT_PROD = clusters.clusters["rabbit-prod"];

/** Providers from the mirror, and nobody who could be asked. */
const TERRAFORM = `export TF_CLI_CONFIG_FILE=/root/terraform.rc TF_CLI_ARGS=-no-color TF_CLI_ARGS_apply=-auto-approve CHECKPOINT_DISABLE=1
printf %s '${terraformSettings()}' >$TF_CLI_CONFIG_FILE`;

const SITUATIONS: Readonly<Record<string, Partial<Situation>>> = {
  "README.md": {
    needs: npmCache,
    before: `${AS_OPERATOR}
JOIN_TOKEN=$(mint mq-1.nodes.example.internal) ADMIN_TOKEN=$(cat admin-token)
git init -q . && git add -A && git -c user.name=a -c user.email=a@example.com commit -qm all`,
    substitutions: { "git clone …": `git clone ${CLONE}` },
  },
  "docs/deploy.md": {
    deployed: false,
    needs: terraformWithAws,
    before: TERRAFORM,
    substitutions: {
      "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…":
        "AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=example",
    },
  },
  "docs/evidence.md": {
    cloud: true,
    definitions: {
      "rabbit-prod": {
        ...RABBIT_PROD,
        nodes: {
          names: ["rabbit"],
          hosts: [
            "nodes.example.internal",
            "eu-central-1.compute.internal",
            "rabbitmq-nodes.mq.svc.cluster.local",
          ].map((zone) => `*.${zone}`),
        },
      },
    },
    before: `on_its_own_machine() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout node_key.pem -out node.csr 2>/dev/null
}`,
    substitutions: {
      // Each kind is another machine's, and no two nodes have one key.
      'bundle "$(': 'on_its_own_machine && bundle "$(',
      // As EC2 calls it.
      "rabbit@$(hostname -f)": "rabbit@ip-10-20-0-11.eu-central-1.compute.internal",
    },
  },
  "docs/kubernetes.md": {
    definitions: { rabbitmq: kubernetes.clusters.rabbitmq },
    // The page makes the CA that its API has here already.
    before: `${AS_OPERATOR}
aws secretsmanager delete-secret --region "$AWS_REGION" --secret-id interlock/rabbitmq --force-delete-without-recovery
rm /media/offline/*`,
  },
  "docs/node.md": { before: `(${AS_OPERATOR}\nmint mq-1.nodes.example.internal >/run/interlock.token)` },
  "docs/operations.md": {
    definitions: { "rabbit-prod": { ...RABBIT_PROD, render: { revocation: "file" } } },
    before: [
      AS_OPERATOR,
      AGENT,
      OTHER_NODE,
      "enrol mq-2.nodes.example.internal; SERIAL=$(enrol mq-3.nodes.example.internal)",
    ].join("\n"),
    substitutions: {
      "71a8cf47…": "$SERIAL",
      // What the page gives the instances of an API is seconds here.
      "npm run -s interlock -- rotate": "sleep 4; npm run -s interlock -- rotate",
      "/media/offline/2027/rabbit-prod.root.key": "/media/offline/2027/rabbit-prod.root.key && sleep 2",
    },
  },
};

export const situatedPages = (): readonly string[] => Object.keys(SITUATIONS);

/** A page that is not named above presupposes a clone, and a deployment of `rabbit-prod`. */
export const situationOf = (page: string): Situation => ({
  definitions: { "rabbit-prod": RABBIT_PROD },
  deployed: true,
  cloud: false,
  needs: () => ({ available: true }),
  before: "",
  substitutions: {},
  ...SITUATIONS[page],
});

/** Words of a page as they are here. */
export const substitute = (words: string, { substitutions }: Situation): string =>
  Object.entries(substitutions).reduce((so, [there, here]) => so.replaceAll(there, here), words);
