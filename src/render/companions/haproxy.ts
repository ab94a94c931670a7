import type { RenderedFile } from "../renderer.ts";
import { printSections } from "../text/rows.ts";
import type { Listener } from "./listeners.ts";
import { ROOT_FILE } from "./root-file.ts";

/** What the operator puts beside it. Neither comes from the cluster's CA, which is for its nodes alone. */
const CERTIFICATE_AND_KEY = "/etc/haproxy/tls/public.pem";
const CLIENT_CA = "/etc/haproxy/tls/clients.pem";

/** HAProxy 2.4 and later: TLS ends here, for each listener with a policy of its own (HAProxy's configuration manual, `bind`). */
export const haproxyFile = (listeners: readonly Listener[]): RenderedFile => ({
  path: "/etc/haproxy/interlock.cfg",
  ...ROOT_FILE,
  content: [
    "# TLS for clients, in front of a broker on the loopback. A file beside haproxy.cfg:",
    '# EXTRAOPTS="-f /etc/haproxy/interlock.cfg" in /etc/default/haproxy.',
    `# ${CERTIFICATE_AND_KEY}: the public certificate with its chain, and its key.`,
    `# ${CLIENT_CA}: the CA of the clients' certificates. Never the cluster's: its nodes are no clients.`,
    printSections([
      {
        head: ["defaults", "interlock"],
        rows: [
          ["mode", "tcp"],
          ["timeout", "connect", "5s"],
          // Longer than any keep-alive that a broker or its clients use by default.
          ["timeout", "client", "1h"],
          ["timeout", "server", "1h"],
        ],
      },
      ...listeners.map((listener) => ({
        head: ["listen", `interlock-${listener.name}`, "from", "interlock"],
        rows: [bind(listener), server(listener)],
      })),
    ]),
  ].join("\n"),
});

const server = ({ broker, proxyProtocol }: Listener): readonly string[] => [
  "server",
  "broker",
  `127.0.0.1:${broker}`,
  ...(proxyProtocol ? ["send-proxy-v2"] : []),
];

const bind = ({ edge, clientCertificate }: Listener): readonly string[] => [
  "bind",
  `:${edge}`,
  "ssl",
  "crt",
  CERTIFICATE_AND_KEY,
  "ssl-min-ver",
  "TLSv1.2",
  ...(clientCertificate ? ["ca-file", CLIENT_CA, "verify", "required"] : []),
];
